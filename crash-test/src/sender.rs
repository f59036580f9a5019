use std::{
    io,
    net::SocketAddr,
    time::{Duration, SystemTime},
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    Error,
    ledger::{Act, Ledger},
    zego,
};

/// The number of rooms.
pub(super) const ROOMS: u64 = 20;

/// Sends an event to the current address until the response is 200, like a platform that never
/// gives up.
pub(super) async fn send(
    event: u64,
    address: watch::Receiver<Option<SocketAddr>>,
    ledger: Ledger,
) -> Result<(), Error> {
    loop {
        let current = *address.borrow();
        if let Some(current) = current {
            match timeout(Duration::from_secs(10), deliver(current, event)).await {
                Ok(Ok(200)) => break,
                // The process was or is being killed.
                Ok(Err(_)) | Err(_) | Ok(Ok(503)) => {}
                Ok(Ok(status)) => return Err(format!("unexpected status {status}").into()),
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
    ledger.note(Act::Answered, event);
    Ok(())
}

/// Delivers an event, re-signed each time. Returns the status of the response.
async fn deliver(address: SocketAddr, event: u64) -> io::Result<u16> {
    let created = json!({
        "event": "room_create",
        "room_id": format!("room-{}", event % ROOMS),
        "room_session_id": event.to_string(),
        "room_create_time": 1_700_000_000_000 + event,
    });
    let body = zego().sign(&created, SystemTime::now()).unwrap().body;
    let head = format!(
        "POST / HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(&[head.as_bytes(), &body].concat()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    let status = response.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}
