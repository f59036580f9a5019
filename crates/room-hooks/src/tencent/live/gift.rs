use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::event::{lenient, macros::wire_struct};

wire_struct! {
    /// May a gift be sent? A live room's
    /// [`Live.CallbackBeforeSendGift`](https://trtc.io/document/72210).
    ///
    /// The question has no id, and its time is in seconds, so two equal gifts within one second
    /// have equal bodies.
    ///
    /// ```
    /// use room_hooks::{Hooks, Verified, tencent::{Decision, Tencent, live::BeforeSendGift}};
    ///
    /// fn hooks(tencent: Tencent) -> Hooks<Tencent> {
    ///     Hooks::new(tencent).answer(async |gift: Verified<BeforeSendGift>| {
    ///         match gift.event.gift_water.count {
    ///             Some(..100) => Decision::allow(),
    ///             _ => Decision::deny(),
    ///         }
    ///     })
    /// }
    /// ```
    #[serde(rename_all = "PascalCase", try_from = "OnWire")]
    pub struct BeforeSendGift {
        /// The room's id.
        pub room_id: String,
        /// The user who sends the gift.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The gift.
        pub gift_water: GiftWater,
    }
}

wire_struct! {
    /// A gift that a user wants to send.
    #[serde(rename_all = "PascalCase")]
    pub struct GiftWater {
        /// The user who gives the gift.
        #[serde(rename = "From_Account")]
        pub from_account: Option<String>,
        /// The users who receive the gift.
        #[serde(rename = "To_Account")]
        pub to_account: Vec<String>,
        /// When the gift was sent, in Unix seconds.
        pub time: Option<u64>,
        /// The id of the kind of gift.
        pub gift_id: Option<String>,
        /// The number of gifts.
        pub count: Option<u64>,
        /// The price of one gift, in the app's coins.
        pub coins: Option<u64>,
    }
}

impl GiftWater {
    pub(crate) fn millis(&self) -> Option<u64> {
        let since_epoch = Duration::from_secs(self.time?);
        since_epoch.as_millis().try_into().ok()
    }
}

/// The page's sample has the gift in `GiftWater`; its table has the gift's fields next to the room.
#[derive(Deserialize)]
struct OnWire(Box<RawValue>);

impl TryFrom<OnWire> for BeforeSendGift {
    type Error = serde_json::Error;

    fn try_from(OnWire(json): OnWire) -> Result<Self, Self::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Asked {
            #[serde(deserialize_with = "lenient::required")]
            room_id: String,
            #[serde(rename = "Operator_Account")]
            #[serde(default, deserialize_with = "lenient::optional")]
            operator_account: Option<String>,
            #[serde(default, deserialize_with = "lenient::optional")]
            gift_water: Option<GiftWater>,
        }
        let Asked { room_id, operator_account, gift_water } = serde_json::from_str(json.get())?;
        let gift_water = match gift_water {
            Some(gift_water) => gift_water,
            None => serde_json::from_str(json.get())?,
        };
        Ok(Self { room_id, operator_account, gift_water })
    }
}
