use std::sync::atomic::{AtomicU64, Ordering};

use room_hooks_axum::{
    Verified,
    tencent::{self, DenyCode, group, live::BeforeSendGift},
    zego::{self, MessageType},
};
use serde_json::Value;

use crate::gift_limit::{GiftLimit, TooManyGifts};

/// Codes of this app, which its client shows a text for.
const BAD_WORD: DenyCode<group::BeforeSendMsg> = DenyCode::new(10_100).unwrap();
const TOO_MANY: DenyCode<BeforeSendGift> = DenyCode::new(102_100).unwrap();

/// Decides on messages and gifts.
#[derive(Debug)]
pub(crate) struct Moderator {
    /// Words that no message may contain, in lower case.
    words: Vec<String>,
    gifts: GiftLimit,
    /// Tells gifts apart that have nothing of their own.
    unnamed: AtomicU64,
}

impl Moderator {
    pub(crate) fn new(words: &[&str], gifts_per_minute: usize) -> Self {
        Self {
            words: words.iter().map(|word| word.to_lowercase()).collect(),
            gifts: GiftLimit::new(gifts_per_minute),
            unnamed: AtomicU64::default(),
        }
    }

    /// Decides on a message to a live room or another group of Tencent's.
    pub(crate) fn group_message(
        &self,
        message: &Verified<group::BeforeSendMsg>,
    ) -> tencent::Decision<group::BeforeSendMsg> {
        match message.event.texts().any(|text| self.forbids(text)) {
            true => tencent::Decision::deny_with(BAD_WORD, "mind your words"),
            false => tencent::Decision::allow(),
        }
    }

    /// Decides on a gift in a live room of Tencent's. A gift has no id, so the id of the request stands for it, where
    /// the request has one. That is not signed: a replayed question with another one counts as another gift.
    pub(crate) fn gift(
        &self,
        gift: &Verified<BeforeSendGift>,
    ) -> Result<tencent::Decision<BeforeSendGift>, TooManyGifts> {
        let id = gift.request_id().map_or_else(|| self.next_id(), str::to_owned);
        Ok(match self.gifts.allows(&gift.event.room_id, &id)? {
            true => tencent::Decision::allow(),
            false => tencent::Decision::deny_with(TOO_MANY, "too many gifts at once"),
        })
    }

    /// Decides on a message of ZIM. This app's gifts are custom messages to a room.
    pub(crate) fn zim_message(
        &self,
        message: &Verified<zego::BeforeSendMsg>,
    ) -> Result<zego::Decision, TooManyGifts> {
        let message = &message.event;
        // Of a message that is neither a text nor custom, the content is percent-encoded JSON.
        let decoded = message.parse_msg_body().unwrap_or(Value::Null).to_string();
        if self.forbids(&message.msg_body) || self.forbids(&decoded) {
            return Ok(zego::Decision::do_not_send().with_reason("mind your words"));
        }
        if message.msg_type == Some(MessageType::Custom) {
            let id = message.msg_id.clone().unwrap_or_else(|| self.next_id());
            if !self.gifts.allows(&message.conv_id, &id)? {
                return Ok(zego::Decision::do_not_send().with_reason("too many gifts at once"));
            }
        }
        Ok(zego::Decision::neutral())
    }

    /// An id that no other gift has.
    fn next_id(&self) -> String {
        format!("unnamed {}", self.unnamed.fetch_add(1, Ordering::Relaxed))
    }

    fn forbids(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.words.iter().any(|word| text.contains(word))
    }
}
