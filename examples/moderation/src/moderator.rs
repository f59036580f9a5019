use std::sync::atomic::{AtomicU64, Ordering};

use room_hooks_axum::{
    Verified,
    tencent::{self, DenyCode, group, live::BeforeSendGift},
    zego::{self, MessageType},
};
use serde_json::Value;

use crate::gift_limit::{GiftLimit, TooManyGifts};

/// This app's codes. Its client shows a text for each.
const BAD_WORD: DenyCode<group::BeforeSendMsg> = DenyCode::new(10_100).unwrap();
const TOO_MANY: DenyCode<BeforeSendGift> = DenyCode::new(102_100).unwrap();

/// Decides on messages and gifts.
#[derive(Debug)]
pub(crate) struct Moderator {
    /// Words that no message may contain, in lower case.
    words: Vec<String>,
    gifts: GiftLimit,
    /// Numbers the gifts that have no id.
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

    /// Decides on a message to a live room or another group on Tencent.
    pub(crate) fn group_message(
        &self,
        message: &Verified<group::BeforeSendMsg>,
    ) -> tencent::Decision<group::BeforeSendMsg> {
        match message.event.texts().any(|text| self.forbids(text)) {
            true => tencent::Decision::deny_with(BAD_WORD, "mind your words"),
            false => tencent::Decision::allow(),
        }
    }

    /// Decides on a gift in a live room on Tencent.
    ///
    /// A gift has no id, so the request's id identifies it, if there is one. That id is not signed:
    /// a replayed question with a different id counts as another gift.
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

    /// Decides on a ZIM message. This app sends gifts as custom messages to a room.
    pub(crate) fn zim_message(
        &self,
        message: &Verified<zego::BeforeSendMsg>,
    ) -> Result<zego::Decision, TooManyGifts> {
        let message = &message.event;
        // The content is percent-encoded JSON, except in text and custom messages.
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

    /// Returns an id that no other gift has.
    fn next_id(&self) -> String {
        format!("unnamed {}", self.unnamed.fetch_add(1, Ordering::Relaxed))
    }

    fn forbids(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.words.iter().any(|word| text.contains(word))
    }
}
