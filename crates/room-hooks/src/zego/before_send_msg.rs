use serde::{Serialize, de::DeserializeOwned, ser::Error as _};

use crate::{
    adapter::CallbackResponse,
    event::macros::{wire_codes, wire_struct},
    request::form::percent_decoded,
};

wire_struct! {
    /// May a message be sent? ZIM's
    /// [`before_send_msg`](https://www.zegocloud.com/docs/zim-server/callbacks/message-not-sent-yet).
    ///
    /// ZIM asks about messages that its client SDK sends, but not about those that the server API
    /// sends. According to its Chinese page, ZIM waits 2.5 s, asks once more, and then does **not**
    /// send the message, unless ZEGO's support has changed that.
    ///
    /// ```
    /// use room_hooks::{Hooks, Verified, zego::{BeforeSendMsg, Decision, Zego}};
    ///
    /// fn hooks(zego: Zego) -> Hooks<Zego> {
    ///     Hooks::new(zego).answer(async |message: Verified<BeforeSendMsg>| {
    ///         if message.event.msg_body.contains("https://") {
    ///             return Decision::do_not_send().with_reason("no links here");
    ///         }
    ///         Decision::neutral()
    ///     })
    /// }
    /// ```
    pub struct BeforeSendMsg {
        /// The user who sends the message.
        pub from_user_id: Option<String>,
        /// The recipient: the id of a user, room, group or channel.
        pub conv_id: String,
        /// The kind of recipient.
        pub conv_type: Option<ConversationType>,
        /// The message's id: two questions with the same id are about the same message.
        pub msg_id: Option<String>,
        /// The id of the request.
        pub request_id: Option<String>,
        /// The kind of message.
        pub msg_type: Option<MessageType>,
        /// The app's own type for a custom message, 0 to 200.
        pub sub_msg_type: Option<u64>,
        /// The content of a text or custom message. For other messages it is percent-encoded JSON:
        /// see [`parse_msg_body`](Self::parse_msg_body).
        pub msg_body: String = default,
        /// The sender's extension data.
        pub payload: String = default,
    }
}

impl BeforeSendMsg {
    /// The room that receives the message, if the recipient is a room.
    pub(super) fn room(&self) -> Option<&str> {
        (self.conv_type == Some(ConversationType::Room)).then_some(&*self.conv_id)
    }

    /// Parses the content of a message other than a text or custom message, such as an image with
    /// its `download_url`.
    ///
    /// # Errors
    ///
    /// The content is not percent-encoded JSON, or does not have the shape of `T`.
    pub fn parse_msg_body<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        let json = percent_decoded(&self.msg_body);
        let json = json.map_err(|_| serde_json::Error::custom("not percent-encoded UTF-8"))?;
        serde_json::from_str(&json)
    }
}

wire_codes! {
    /// The kind of recipient of a ZIM message.
    pub enum ConversationType in zego {
        /// A user.
        Peer = 0,
        /// A room.
        Room = 1,
        /// A group.
        Group = 2,
        /// A channel.
        Channel = 3,
    }
}

wire_codes! {
    /// The kind of a ZIM message.
    pub enum MessageType in zego {
        /// A text.
        Text = 1,
        /// Several items.
        Multiple = 10,
        /// An image.
        Image = 11,
        /// A file.
        File = 12,
        /// Audio.
        Audio = 13,
        /// Video.
        Video = 14,
        /// Several messages, combined.
        Combined = 100,
        /// The app's own type, such as a gift.
        Custom = 200,
    }
}

/// The answer to [`BeforeSendMsg`].
///
/// The effect of the first three decisions depends on whether ZIM's own moderation is enabled:
///
/// | decision | moderation enabled | moderation disabled |
/// |---|---|---|
/// | [`neutral`](Self::neutral) | moderation decides | the message is sent |
/// | [`send`](Self::send) | the message is sent, even if it fails moderation | the message is sent |
/// | [`send_silently`](Self::send_silently) | only the sender sees the message as sent; not sent if it fails moderation | only the sender sees the message as sent |
/// | [`do_not_send`](Self::do_not_send) | the message is not sent | the message is not sent |
///
/// ```
/// use room_hooks::zego::{BeforeSendMsg, Decision};
///
/// fn decide(message: &BeforeSendMsg) -> Decision {
///     if message.msg_body.contains("https://") {
///         return Decision::do_not_send().with_reason("no links here");
///     }
///     Decision::neutral()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    result: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_msg_body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_payload: Option<String>,
}

impl Decision {
    /// Leaves the decision to ZIM: result 0.
    #[must_use]
    pub fn neutral() -> Self {
        Self { result: 0, reason: None, new_msg_body: None, new_payload: None }
    }

    /// Sends the message: result 1.
    #[must_use]
    pub fn send() -> Self {
        Self { result: 1, ..Self::neutral() }
    }

    /// Shows the message as sent, but only to its sender: result 2.
    #[must_use]
    pub fn send_silently() -> Self {
        Self { result: 2, ..Self::neutral() }
    }

    /// Does not send the message: result 3. The sender's client receives the code 111101.
    #[must_use]
    pub fn do_not_send() -> Self {
        Self { result: 3, ..Self::neutral() }
    }

    /// Adds a reason, which ZIM shows to the sender of a message that is not sent.
    #[must_use]
    pub fn with_reason(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// Replaces the content, `msg_body`.
    #[must_use]
    pub fn with_msg_body(self, msg_body: impl Into<String>) -> Self {
        Self { new_msg_body: Some(msg_body.into()), ..self }
    }

    /// Replaces the extension data, `payload`.
    #[must_use]
    pub fn with_payload(self, payload: impl Into<String>) -> Self {
        Self { new_payload: Some(payload.into()), ..self }
    }
}

impl crate::Decision for Decision {
    fn response(&self) -> CallbackResponse {
        const NOT_SENT: &str = r#"{"result":3}"#;
        CallbackResponse::decision(self, NOT_SENT)
    }

    fn as_str(&self) -> &'static str {
        match self.result {
            0 => "neutral",
            1 => "send",
            2 => "send_silently",
            _ => "do_not_send",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Decision as _;

    #[test]
    fn decisions_are_answered_as_documented() {
        for (decision, body, name) in [
            (Decision::neutral(), r#"{"result":0}"#, "neutral"),
            (Decision::send(), r#"{"result":1}"#, "send"),
            (Decision::send_silently(), r#"{"result":2}"#, "send_silently"),
            (Decision::do_not_send(), r#"{"result":3}"#, "do_not_send"),
            (
                Decision::do_not_send().with_reason("no links here"),
                r#"{"result":3,"reason":"no links here"}"#,
                "do_not_send",
            ),
            (
                Decision::send().with_payload("masked").with_msg_body("h***o"),
                r#"{"result":1,"new_msg_body":"h***o","new_payload":"masked"}"#,
                "send",
            ),
        ] {
            let response = decision.response();
            assert_eq!((response.status, &*response.body, decision.as_str()), (200, body, name));
        }
    }

    #[test]
    fn the_content_of_an_image_is_percent_encoded_json() {
        let message = |body: &str| BeforeSendMsg {
            from_user_id: None,
            conv_id: "lobby".to_owned(),
            conv_type: None,
            msg_id: None,
            request_id: None,
            msg_type: Some(MessageType::Image),
            sub_msg_type: None,
            msg_body: body.to_owned(),
            payload: String::new(),
        };
        let json = message("%7B%22file_name%22%3A%22a+b%25.png%22%7D");
        let parsed: serde_json::Value = json.parse_msg_body().unwrap();
        assert_eq!(parsed["file_name"], "a+b%.png");
        assert!(message("%7").parse_msg_body::<serde_json::Value>().is_err());
        assert!(message("%FF").parse_msg_body::<serde_json::Value>().is_err());
        assert!(message("hello").parse_msg_body::<serde_json::Value>().is_err());
    }
}
