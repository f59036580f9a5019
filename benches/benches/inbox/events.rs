use std::{
    error::Error,
    time::{Duration, SystemTime},
};

use room_hooks::{
    Delivery, DeliveryId, Receiver, RoomCreated, SignatureKey, Verified, inbox::NewEvent,
    zego::Zego,
};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Events as hooks put them, with unique ids and signatures.
pub struct Events {
    payload: Vec<u8>,
    rooms: usize,
    made: u64,
}

pub const KIND: &str = "zego/room_create";

/// The default retention of deliveries from ZEGO.
pub const RETENTION: Duration = Duration::from_secs(660);

impl Events {
    /// Signs and receives one event, whose stored form is the payload of all.
    pub fn new(rooms: usize) -> Result<Self, Box<dyn Error>> {
        let (zego, now) = (Zego::new(1_234_567_890, "demo-callback-secret")?, SystemTime::now());
        let event = json!({
            "event": "room_create",
            "room_id": "friday-000000004711",
            "room_name": "Friday evening, all are welcome",
            "operator_account": "user-4711",
            "attributes": [
                { "key": "topic", "value": "music", "auto_delete": 1 },
                { "key": "language", "value": "en", "auto_delete": 1 },
                { "key": "cover", "value": "https://images.example.com/friday.jpg", "auto_delete": 1 },
            ],
        });
        let body = zego.sign(&event, now)?.body;
        let verified: Verified<RoomCreated> =
            Receiver::new(zego).receive(Delivery::new(&body), now).map_err(|_| "not delivered")?;
        Ok(Self { payload: serde_json::to_vec(&verified.to_stored())?, rooms, made: 0 })
    }

    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The next `count` events.
    pub fn take(&mut self, count: usize) -> Vec<NewEvent> {
        (0..count).map(|_| self.next()).collect()
    }

    fn next(&mut self) -> NewEvent {
        self.made += 1;
        let (id, signature) = digests(self.made);
        let mut event = NewEvent::new(KIND, self.payload.clone(), SystemTime::now());
        event.id = Some(DeliveryId::from_bytes(id));
        event.signature = Some(SignatureKey::from_bytes(signature));
        event.retention = RETENTION;
        event.room = Some(format!("zego/1234567890/\"room-{}\"", self.made % self.rooms as u64));
        event
    }
}

/// Two digests, as random as those of deliveries.
fn digests(number: u64) -> ([u8; 16], [u8; 16]) {
    let digest = Sha256::digest(number.to_le_bytes());
    let mut halves = ([0; 16], [0; 16]);
    halves.0.copy_from_slice(&digest[..16]);
    halves.1.copy_from_slice(&digest[16..]);
    halves
}
