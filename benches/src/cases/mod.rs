//! The measured deliveries, and the contenders that process them.

mod by_hand;
mod peers;
mod refusals;

use std::{cell::Cell, error::Error, hint::black_box, time::SystemTime};

use room_hooks::{
    Receiver, RoomEvent,
    tencent::{RoomInfoUpdated, Tencent},
    testing::SignedDelivery,
    trtc::{Trtc, UserEntered},
    zego::{RoomCreated, RoomDestroyed, Zego},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

pub use self::refusals::refusals;

/// A secret with the length of those from the consoles.
const SECRET: &str = "5f2c9d0b7a1e4836c4d8e2f1a09b7365";
const APP_ID: u64 = 1_400_000_001;

/// A kind of delivery, and all contenders that process it.
pub struct Case {
    pub name: &'static str,
    /// The size of the body in bytes.
    pub size: usize,
    pub contenders: Vec<Contender>,
}

/// One way to process a delivery.
pub struct Contender {
    pub name: &'static str,
    pub work: Box<dyn Fn()>,
}

impl Contender {
    /// Processes one delivery per call, in a ring, because a CPU's caches and branch prediction
    /// would adapt to a single one. The result is discarded, but not optimized away.
    pub fn new<D: 'static, T>(
        name: &'static str,
        deliveries: Vec<D>,
        work: impl Fn(&D) -> T + 'static,
    ) -> Self {
        let next = Cell::new(0);
        let work = move || {
            let index = next.get();
            next.set(if index + 1 < deliveries.len() { index + 1 } else { 0 });
            drop(black_box(work(&deliveries[index])));
        };
        Self { name, work: Box::new(work) }
    }
}

/// The index of our contender in [`Case::contenders`]. The others are compared with it.
pub const RECEIVE: usize = 0;
/// The index of deserialization into the same type without verification.
pub const FLOOR: usize = 1;

/// All cases, signed now.
///
/// # Errors
///
/// Fails if a delivery cannot be signed.
pub fn all() -> Result<Vec<Case>, Box<dyn Error>> {
    let now = SystemTime::now();
    Ok(vec![
        case::<RoomCreated, RoomCreated>("ZEGO `RoomCreated`", zego_created()?, now)?,
        case::<RoomInfoUpdated, RoomInfoUpdated>(
            "Tencent `RoomInfoUpdated`",
            tencent_updated()?,
            now,
        )?,
        case::<UserEntered, TrtcBody>("TRTC `103`", trtc_entered()?, now)?,
        case::<RoomDestroyed, RoomDestroyed>(
            "ZEGO `RoomDestroyed`, 10,000 members",
            zego_destroyed(10_000)?,
            now,
        )?,
    ])
}

/// The envelope of a TRTC event.
#[derive(Deserialize)]
struct TrtcBody {
    #[serde(rename = "EventInfo")]
    _event: UserEntered,
}

/// Signed deliveries, their receiver, and a function that verifies them by hand.
pub struct Subject<P> {
    pub receiver: Receiver<P>,
    pub signed: Vec<SignedDelivery>,
    by_hand: fn(&SignedDelivery) -> Option<Value>,
}

fn case<E, Floor>(
    name: &'static str,
    subject: Subject<E::Provider>,
    now: SystemTime,
) -> Result<Case, Box<dyn Error>>
where
    E: RoomEvent + DeserializeOwned,
    Floor: DeserializeOwned,
{
    let Subject { receiver, signed, by_hand } = subject;
    for signed in &signed {
        receiver.receive::<E>(signed.as_delivery(), now)?;
        by_hand(signed).ok_or("verification by hand refuses an authentic delivery")?;
    }
    let size = size(&signed);
    let contenders = vec![
        Contender::new("`receive`", signed.clone(), move |signed| {
            receiver.receive::<E>(signed.as_delivery(), now)
        }),
        Contender::new("`serde_json` alone", signed.clone(), |signed| {
            serde_json::from_slice::<Floor>(&signed.body)
        }),
        Contender::new("by hand", signed.clone(), by_hand),
        peers::standard::<Floor>(&signed)?,
        peers::livekit(&signed)?,
    ];
    Ok(Case { name, size, contenders })
}

/// The mean size of the bodies.
fn size(signed: &[SignedDelivery]) -> usize {
    signed.iter().map(|signed| signed.body.len()).sum::<usize>() / signed.len().max(1)
}

/// Distinct numbers for deliveries, each with a length for its texts.
fn numbers() -> impl Iterator<Item = (usize, usize)> {
    (0..64).map(|number: usize| (number * 7_919 % 100_003, number * 31 % 17))
}

/// ZEGO's `room_create`, about 320 bytes.
pub fn zego_created() -> Result<Subject<Zego>, Box<dyn Error>> {
    zego(numbers().map(|(number, length)| {
        json!({
            "event": "room_create", "room_id": format!("lobby-{number}"),
            "operator_account": format!("ada{}", "a".repeat(length)),
            "room_name": format!("Room {number} of Ada{}", "s".repeat(17 - length)),
            "attributes": [{"key": "topic", "value": format!("rust {number}"), "auto_delete": number % 2}],
        })
    }))
}

/// ZEGO's `room_destroy` with a number of members.
pub fn zego_destroyed(members: usize) -> Result<Subject<Zego>, Box<dyn Error>> {
    let members: Vec<_> = (0..members).map(|member| format!("user-{member:06}")).collect();
    zego([json!({
        "event": "room_destroy", "room_id": "lobby-7f3a", "operator_account": "ada", "user_ids": members,
    })])
}

fn zego(events: impl IntoIterator<Item = Value>) -> Result<Subject<Zego>, Box<dyn Error>> {
    let zego = Zego::new(APP_ID, SECRET)?;
    let now = SystemTime::now();
    let signed =
        events.into_iter().map(|event| zego.sign(&event, now)).collect::<Result<_, _>>()?;
    Ok(Subject { receiver: Receiver::new(zego), signed, by_hand: by_hand::zego })
}

/// Tencent's `Room.CallbackAfterUpdateRoomInfo`, about 450 bytes.
pub fn tencent_updated() -> Result<Subject<Tencent>, Box<dyn Error>> {
    let tencent = Tencent::new(APP_ID, SECRET)?;
    let now = SystemTime::now();
    let event = |(number, length)| {
        json!({
            "CallbackCommand": "Room.CallbackAfterUpdateRoomInfo",
            "EventTime": 1_763_800_000_123 + number, "Operator_Account": "a".repeat(3 + length),
            "RoomInfo": {
                "RoomId": format!("lobby-{number}"), "RoomName": "Ada's room", "RoomType": "Meeting",
                "Owner_Account": "a".repeat(20 - length), "IsSeatEnabled": number % 2 == 0,
                "TakeSeatMode": "ApplyToTake", "MaxMemberCount": 300 + number, "MaxSeatCount": 16,
                "IsVideoDisabled": number % 3 == 0, "IsAudioDisabled": false,
                "IsMessageDisabled": false, "IsCloudRecordingDisabled": "false",
                "CustomInfo": "", "RoomStatus": "Running", "CreateTime": 1_763_790_000 - number,
            },
        })
    };
    let signed = numbers().map(|number| tencent.sign(&event(number), now));
    let signed = signed.collect::<Result<_, _>>()?;
    Ok(Subject { receiver: Receiver::new(tencent), signed, by_hand: by_hand::tencent })
}

/// TRTC's event 103.
pub fn trtc_entered() -> Result<Subject<Trtc>, Box<dyn Error>> {
    let trtc = Trtc::new(APP_ID, SECRET)?;
    let now = SystemTime::now();
    let event = |(number, length)| {
        json!({
            "EventGroupId": 1, "EventType": 103,
            "EventInfo": {
                "RoomId": 8489 + number, "EventTs": 1_763_800_000, "UserId": "a".repeat(3 + length),
                "EventMsTs": 1_763_800_000_123_u64,
                "UniqueId": format!("1400000001_{number}_0017638000001230"),
                "Role": 20 + number % 2, "TerminalType": 1 + number % 4, "UserType": 3, "Reason": 1,
            },
        })
    };
    let signed = numbers().map(|number| trtc.sign(&event(number), now));
    let signed = signed.collect::<Result<_, _>>()?;
    Ok(Subject { receiver: Receiver::new(trtc), signed, by_hand: by_hand::trtc })
}
