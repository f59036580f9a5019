//! An axum app that answers questions: a word list for messages, and a rate limit for gifts in each
//! room.

mod gift_limit;
mod moderator;

use std::{
    env::{self, VarError},
    io::{self, Write},
    sync::Arc,
};

use axum::Router;
use room_hooks_axum::{
    FailurePolicy, Hooks, Verified, handler,
    tencent::{Tencent, group, live::BeforeSendGift},
    zego::{self, Zego},
};
use tokio::{net::TcpListener, signal};

use crate::moderator::Moderator;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).log_internal_errors(false).init();

    let zego = Zego::new(
        setting("ZEGO_APP_ID", "1234567890")?,
        setting("ZEGO_CALLBACK_SECRET", "demo-callback-secret")?,
    )?;
    let tencent = Tencent::new(
        setting("TENCENT_SDK_APP_ID", "1400000000")?,
        setting("TENCENT_TOKEN", "demo-token")?,
    )?;
    let moderator = Arc::new(Moderator::new(&["casino", "free coins"], 60));
    let app = Router::new()
        .route("/hooks/zego", handler(zego_hooks(zego, Arc::clone(&moderator))))
        .route("/hooks/tencent", handler(tencent_hooks(tencent, moderator)));

    let listener = TcpListener::bind(setting("ROOM_HOOKS_ADDR", "127.0.0.1:3000")?).await?;
    let address = listener.local_addr()?;
    let hint = "to send it a question: cargo run -- send before_send_msg --to";
    let _ = writeln!(io::stderr(), "listening on http://{address}\n{hint} http://{address}");
    let shutdown = async { signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, app).with_graceful_shutdown(shutdown).await?;
    Ok(())
}

/// Messages fail closed, so that users cannot bypass the moderation by slowing it down.
fn zego_hooks(zego: Zego, moderator: Arc<Moderator>) -> Hooks<Zego> {
    Hooks::new(zego)
        .with_question_failure_policy::<zego::BeforeSendMsg>(FailurePolicy::Closed)
        .answer_with(moderator, async |moderator, message: Verified<zego::BeforeSendMsg>| {
            moderator.zim_message(&message)
        })
}

/// Gifts fail open, which is the default, because users pay for them.
fn tencent_hooks(tencent: Tencent, moderator: Arc<Moderator>) -> Hooks<Tencent> {
    Hooks::new(tencent)
        .with_question_failure_policy::<group::BeforeSendMsg>(FailurePolicy::Closed)
        .answer_with(
            Arc::clone(&moderator),
            async |moderator, message: Verified<group::BeforeSendMsg>| {
                moderator.group_message(&message)
            },
        )
        .answer_with(moderator, async |moderator, gift: Verified<BeforeSendGift>| {
            moderator.gift(&gift)
        })
}

/// Returns an environment variable, or the default if it is not set. A value that is not valid
/// Unicode is an error.
fn setting(name: &str, default: &str) -> Result<String, VarError> {
    match env::var(name) {
        Err(VarError::NotPresent) => Ok(default.to_owned()),
        setting => setting,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use room_hooks_axum::{Delivery, testing::SignedDelivery};
    use serde_json::{Value, json};
    use tokio::{runtime::Handle, time::sleep};

    use super::*;

    const SENT: &str = r#"{"result":0}"#;

    fn zego() -> Zego {
        Zego::new(1, "secret").unwrap()
    }

    fn tencent() -> Tencent {
        Tencent::new(1, "token").unwrap()
    }

    fn moderator(gifts_per_minute: usize) -> Arc<Moderator> {
        Arc::new(Moderator::new(&["casino"], gifts_per_minute))
    }

    async fn ask_tencent(hooks: &Hooks<Tencent>, question: &Value, request: &str) -> u64 {
        let now = SystemTime::now();
        let SignedDelivery { query, body, .. } = tencent().sign(question, now).unwrap();
        let query = format!("{query}{request}");
        let answer = hooks.deliver(Delivery::new(&body).with_query(&query), now).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        body["ErrorCode"].as_u64().unwrap()
    }

    async fn ask_zim(hooks: &Hooks<Zego>, message: Value) -> String {
        let now = SystemTime::now();
        let asked = zego().sign(&message, now).unwrap();
        hooks.deliver(asked.as_delivery(), now).await.body.into_owned()
    }

    #[tokio::test]
    async fn messages_with_a_listed_word_are_not_sent() {
        let tencent = tencent_hooks(tencent(), moderator(1));
        let zego = zego_hooks(zego(), moderator(1));
        for (text, code, answer) in [
            ("hello", 0, SENT),
            ("to the CASINO!", 10_100, r#"{"result":3,"reason":"mind your words"}"#),
        ] {
            let message = json!({
                "CallbackCommand": "Group.CallbackBeforeSendMsg", "GroupId": "lobby",
                "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}],
            });
            assert_eq!(ask_tencent(&tencent, &message, "").await, code);
            let message = json!({
                "event": "before_send_msg", "conv_id": "lobby", "conv_type": 1, "msg_id": text,
                "msg_type": 1, "msg_body": text,
            });
            assert_eq!(ask_zim(&zego, message).await, answer);
        }
    }

    /// The content of an image, with its file name, is percent-encoded.
    #[tokio::test]
    async fn a_listed_word_is_found_in_percent_encoded_content() {
        let hooks = zego_hooks(zego(), moderator(1));
        let message = json!({
            "event": "before_send_msg", "conv_id": "lobby", "conv_type": 1, "msg_id": "1",
            "msg_type": 11, "msg_body": "%7B%22file_name%22%3A%22cas%69no.png%22%7D",
        });
        let denied = r#"{"result":3,"reason":"mind your words"}"#;
        assert_eq!(ask_zim(&hooks, message).await, denied);
    }

    /// A message that cannot be parsed must not bypass the word list.
    #[tokio::test]
    async fn messages_of_an_unexpected_shape_are_not_sent() {
        let hooks = tencent_hooks(tencent(), moderator(1));
        let odd = json!({
            "CallbackCommand": "Group.CallbackBeforeSendMsg", "GroupId": "lobby", "MsgBody": "casino",
        });
        assert_eq!(ask_tencent(&hooks, &odd, "").await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn gifts_are_limited_per_minute_and_room() {
        let hooks = tencent_hooks(tencent(), moderator(2)).with_runtime(Handle::current());
        let gift = |room: &str| json!({"CallbackCommand": BeforeSendGift::NAME, "RoomId": room});
        for (room, code) in
            [("lobby", 0), ("lobby", 0), ("lobby", 102_100), ("attic", 0), ("lobby", 102_100)]
        {
            assert_eq!(ask_tencent(&hooks, &gift(room), "").await, code, "{room}");
        }
        sleep(Duration::from_secs(60)).await;
        assert_eq!(ask_tencent(&hooks, &gift("lobby"), "").await, 0);
        // A redelivered request is still one gift.
        for _ in 0..3 {
            assert_eq!(ask_tencent(&hooks, &gift("lobby"), "&RequestID=one").await, 0);
        }
        assert_eq!(ask_tencent(&hooks, &gift("lobby"), "&RequestID=two").await, 102_100);
    }

    /// A captured question can be replayed while its signature is fresh.
    #[tokio::test(start_paused = true)]
    async fn a_replayed_gift_counts_once_and_gets_the_same_decision() {
        let hooks = zego_hooks(zego(), moderator(2)).with_runtime(Handle::current());
        let gift = |id: &str| {
            json!({
                "event": "before_send_msg", "conv_id": "lobby", "conv_type": 1, "msg_id": id,
                "msg_type": 200, "msg_body": "rose",
            })
        };
        let denied = r#"{"result":3,"reason":"too many gifts at once"}"#;
        for (id, answer) in
            [("1", SENT), ("1", SENT), ("1", SENT), ("2", SENT), ("3", denied), ("1", SENT)]
        {
            assert_eq!(ask_zim(&hooks, gift(id)).await, answer, "{id}");
        }
        sleep(Duration::from_secs(300)).await;
        for (id, answer) in
            [("1", SENT), ("2", SENT), ("3", denied), ("4", SENT), ("5", SENT), ("6", denied)]
        {
            assert_eq!(ask_zim(&hooks, gift(id)).await, answer, "{id}");
        }
    }
}
