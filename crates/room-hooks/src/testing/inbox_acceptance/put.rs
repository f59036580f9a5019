use std::time::{Duration, SystemTime};

use crate::{
    DeliveryId,
    inbox::{ClaimRequest, Ending, InboxStore, NewEvent, PutOutcome},
};

use super::{A_MOMENT, Part, RETENTION, again, dead, random, signature};

/// An event is a duplicate in any state.
pub(super) async fn a_duplicate_is_stored_once<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    let (event, other) = (part.event("first"), part.event("other"));
    assert_eq!(part.put(&event).await, PutOutcome::New);
    assert_eq!(part.put(&event).await, PutOutcome::Duplicate, "ready");
    // Only the id identifies an event.
    let differing = NewEvent { id: event.id, ..part.event("differing") };
    assert_eq!(part.put(&differing).await, PutOutcome::Duplicate);
    assert_eq!(part.put(&other).await, PutOutcome::New);

    let [first, second] = part.claim(part.request(1), ["first", "other"]).await;
    assert_eq!(part.put(&event).await, PutOutcome::Duplicate, "leased");
    assert!(part.finish(&first, again(Duration::ZERO)).await);
    assert_eq!(part.put(&event).await, PutOutcome::Duplicate, "ready again");
    part.done(&part.claim(part.request(1), ["first"]).await).await;
    assert_eq!(part.put(&event).await, PutOutcome::Duplicate, "done");
    assert!(part.finish(&second, dead()).await);
    assert_eq!(part.put(&other).await, PutOutcome::Duplicate, "dead");
    part.claim(part.request(1), []).await;

    // Without an id, every put is a new event.
    let anonymous = NewEvent { id: None, ..part.event("anonymous") };
    assert_eq!(part.put(&anonymous).await, PutOutcome::New);
    assert_eq!(part.put(&anonymous).await, PutOutcome::New);
    part.done(&part.claim(part.request(1), ["anonymous", "anonymous"]).await).await;
}

pub(super) async fn a_signature_belongs_to_its_first_event<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    let honest = NewEvent { signature: Some(signature()), ..part.event("honest") };
    let forged = NewEvent { signature: honest.signature, ..part.event("forged") };
    assert_eq!(part.put(&honest).await, PutOutcome::New);
    assert_eq!(part.put(&forged).await, PutOutcome::SignatureReused);
    assert_eq!(part.put(&honest).await, PutOutcome::Duplicate);

    // A re-signed retry adds a signature, which belongs to the same event from then on.
    let again = NewEvent { signature: Some(signature()), ..honest.clone() };
    assert_eq!(part.put(&again).await, PutOutcome::Duplicate);
    for signature in [honest.signature, again.signature] {
        let forged = NewEvent { signature, ..forged.clone() };
        assert_eq!(part.put(&forged).await, PutOutcome::SignatureReused);
    }

    // A refused put stores nothing, and a reused signature is refused for a stored event, too.
    let [claimed] = part.claim(part.request(1), ["honest"]).await;
    let forged = NewEvent { signature: Some(signature()), ..forged };
    assert_eq!(part.put(&forged).await, PutOutcome::New);
    let stolen = NewEvent { signature: forged.signature, ..honest.clone() };
    assert_eq!(part.put(&stolen).await, PutOutcome::SignatureReused);
    part.done(&[claimed]).await;
    assert_eq!(part.put(&stolen).await, PutOutcome::SignatureReused);
    part.done(&part.claim(part.request(1), ["forged"]).await).await;

    // The same holds for signatures that are bound without a stored event.
    let bind = async |signature, id| {
        let bound = part.store.bind(signature, id, RETENTION).await;
        bound.expect("the inbox has room")
    };
    let [question, other] = [(); 2].map(|()| DeliveryId::from_bytes(random()));
    let bound = signature();
    for _ in 0..2 {
        assert!(bind(bound, question).await);
        assert!(!bind(bound, other).await);
    }
    let event = NewEvent { id: Some(other), signature: Some(bound), ..part.event("other") };
    assert_eq!(part.put(&event).await, PutOutcome::SignatureReused);
    let event = NewEvent { id: Some(question), signature: Some(bound), ..part.event("own") };
    assert_eq!(part.put(&event).await, PutOutcome::New);
    assert!(!bind(honest.signature.expect("the event has a signature"), question).await);
    assert!(!bind(again.signature.expect("the event has a signature"), question).await);
    part.done(&part.claim(part.request(1), ["own"]).await).await;
}

pub(super) async fn a_signature_is_free_after_its_retention<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    let (of_event, of_question) = (signature(), signature());
    let event = NewEvent { signature: Some(of_event), ..part.event("first") };
    assert_eq!(part.put(&event).await, PutOutcome::New);
    let id = DeliveryId::from_bytes(random());
    assert!(part.store.bind(of_question, id, RETENTION).await.expect("the inbox has room"));

    part.pass(RETENTION - A_MOMENT).await;
    let later = [of_event, of_question]
        .map(|signature| NewEvent { signature: Some(signature), ..part.event("later") });
    for later in &later {
        assert_eq!(part.put(later).await, PutOutcome::SignatureReused);
    }
    part.pass(A_MOMENT * 2).await;
    for later in &later {
        assert_eq!(part.put(later).await, PutOutcome::New);
        let first = NewEvent { signature: later.signature, ..event.clone() };
        assert_eq!(
            part.put(&first).await,
            PutOutcome::SignatureReused,
            "the signature has a new owner"
        );
    }
    part.done(&part.claim(part.request(1), ["first", "later", "later"]).await).await;
}

/// The payloads are not text, and the room names contain unusual characters.
pub(super) async fn content_comes_back_byte_for_byte<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    let payloads = [
        Vec::new(),
        b"\0".to_vec(),
        b"\xff\xfe\xc3(\xed\xa0\x80".to_vec(),
        br#"{"room_id":"lob\u0000by"}"#.to_vec(),
        "\u{feff}'; DROP TABLE events; -- \u{1f600}".into(),
        (0..=u8::MAX).cycle().take(100_000).collect(),
    ];
    let rooms = [
        Some(r#"zego/18446744073709551615/"lob\u0000by""#.to_owned()),
        Some(r#"tencent/1/"%_'\\\"; --""#.to_owned()),
        Some(r#"zego/1/"é""#.to_owned()),
        Some("zego/1/\"e\u{301}\"".to_owned()),
        Some("\u{1f600}".repeat(75)),
        None,
    ];
    let second = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut events = Vec::new();
    for (number, (payload, room)) in (1_u32..).zip(payloads.into_iter().zip(rooms)) {
        let event = NewEvent {
            signature: (number > 1).then(signature),
            format_version: number,
            room,
            received_at: second + Duration::from_millis(number.into()),
            payload,
            ..part.event("")
        };
        assert_eq!(part.put(&event).await, PutOutcome::New);
        events.push(event);
    }
    // All these rooms are different.
    let request = ClaimRequest { format_version: 6, ..part.ordered(1) };
    let claimed = part.ask(request).await.events;
    for (claimed, event) in claimed.iter().zip(&events) {
        assert_eq!(claimed.event.payload, event.payload);
        assert_eq!(claimed.event, *event);
        assert!(part.finish(claimed, Ending::Done).await);
    }
    assert_eq!(claimed.len(), events.len());
}

pub(super) async fn one_of_several_concurrent_puts_is_new<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    let event = part.event("same");
    let outcomes = tokio::join!(part.put(&event), part.put(&event), part.put(&event));
    let outcomes = [outcomes.0, outcomes.1, outcomes.2];
    let count = |outcome| outcomes.iter().filter(|other| **other == outcome).count();
    let counts = (count(PutOutcome::New), count(PutOutcome::Duplicate));
    assert_eq!(counts, (1, 2), "of {outcomes:?}");
    part.done(&part.claim(part.request(1), ["same"]).await).await;

    let signature = Some(signature());
    let [one, other] = [(); 2].map(|()| NewEvent { signature, ..part.event("winner") });
    let outcomes = tokio::join!(part.put(&one), part.put(&other));
    assert!(
        matches!(
            outcomes,
            (PutOutcome::New, PutOutcome::SignatureReused)
                | (PutOutcome::SignatureReused, PutOutcome::New)
        ),
        "{outcomes:?}"
    );
    part.done(&part.claim(part.request(1), ["winner"]).await).await;
}
