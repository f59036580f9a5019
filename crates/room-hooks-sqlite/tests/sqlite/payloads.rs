//! Stored events are returned unchanged.

use std::time::{Duration, SystemTime};

use room_hooks::{
    DeliveryId, SignatureKey,
    inbox::{InboxStore, NewEvent},
};

use crate::{claim, file::File, request};

#[tokio::test]
async fn u_0000_lone_surrogates_and_a_mebibyte_are_returned_unchanged() {
    let file = File::new();
    let inbox = file.inbox();
    let mut events = Vec::new();
    for payload in [
        b"{\"name\":\"\0\"}".to_vec(),
        b"\xed\xa0\x80 and \xff\xfe".to_vec(),
        vec![],
        vec![0; 1 << 20],
        (0..1 << 20).map(|byte| byte as u8).collect(),
    ] {
        let received_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_757_500_000_123);
        let mut event = NewEvent::new("zego/room_create", payload, received_at);
        event.room = Some("zego/1/\"lo\0bby \u{1f600}\"".into());
        event.id = Some(DeliveryId::from_bytes([events.len() as u8; 16]));
        event.signature = Some(SignatureKey::from_bytes([events.len() as u8 + 100; 16]));
        event.retention = Duration::from_millis(90_001);
        event.format_version = u32::MAX;
        inbox.put(event.clone()).await.unwrap();
        events.push(event);
    }
    let claimed = claim(&inbox, &request(1, 10)).await;
    let claimed: Vec<_> = claimed.into_iter().map(|claimed| claimed.event).collect();
    assert!(claimed == events, "{claimed:?}");
}

#[tokio::test]
async fn extreme_times_and_spans_do_not_overflow() {
    let file = File::new();
    let inbox = file.inbox();
    let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    let mut event = NewEvent::new("zego/room_create", vec![], before_1970);
    event.retention = Duration::MAX;
    inbox.put(event).await.unwrap();
    let mut request = request(1, 1);
    request.lease = Duration::MAX;
    let claimed = claim(&inbox, &request).await;
    assert_eq!(claimed[0].event.received_at, before_1970);
    inbox.renew(request.worker, Duration::MAX).await.unwrap();
    let ending = room_hooks::inbox::Ending::Retry { after: Duration::MAX, error: "never".into() };
    assert!(inbox.finish(claimed[0].attempt, ending).await.unwrap());
    inbox
        .prune(room_hooks::inbox::Retention::new(Duration::MAX, Duration::MAX), usize::MAX)
        .await
        .unwrap();
    assert_eq!(inbox.stats().await.unwrap().ready, 1);
}
