//! The platforms' callbacks, signed with the default secrets of the examples.

use std::time::{SystemTime, UNIX_EPOCH};

use room_hooks_contract::signature;

/// The platform to simulate.
#[derive(Debug, Clone, Copy)]
pub(super) enum Platform {
    Zego,
    Tencent,
    Trtc,
}

/// The flaw of a forged delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Forgery {
    Signature,
    Secret,
    /// The delivery is stale. For TRTC, whose deliveries have no age limit by default, the body is
    /// changed instead.
    Content,
}

/// An event in its own room.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    platform: Platform,
    room: String,
    number: u32,
    /// In milliseconds since the Unix epoch.
    occurred_at: u64,
}

/// An attempt to deliver the event.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) head: String,
    pub(super) body: String,
}

impl Platform {
    pub(super) fn of(number: usize) -> Self {
        [Self::Zego, Self::Tencent, Self::Trtc][number % 3]
    }
}

impl Forgery {
    pub(super) fn of(number: usize) -> Self {
        [Self::Signature, Self::Secret, Self::Content][number % 3]
    }
}

impl Request {
    /// Head and body in one piece.
    pub(super) fn whole(&self) -> Vec<u8> {
        [self.head.as_bytes(), self.body.as_bytes()].concat()
    }

    fn new(target: &str, headers: &str, body: String) -> Self {
        let length = body.len();
        let head = format!(
            "POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             {headers}Content-Length: {length}\r\n\r\n"
        );
        Self { head, body }
    }
}

impl Delivery {
    /// An event that occurs now.
    pub(super) fn new(platform: Platform, room: String, number: u32) -> Self {
        Self { platform, room, number, occurred_at: unix_seconds() * 1000 }
    }

    /// Whether the event contains its own time. ZIM's events do not.
    pub(super) fn has_own_time(&self) -> bool {
        !matches!(self.platform, Platform::Zego)
    }

    /// The delivery as sent at a time, in seconds since the Unix epoch.
    pub(super) fn signed(&self, at: u64) -> Request {
        self.request(at, None)
    }

    /// The delivery as a forger would send it.
    pub(super) fn forged(&self, forgery: Forgery) -> Request {
        self.request(unix_seconds(), Some(forgery))
    }

    fn request(&self, at: u64, forgery: Option<Forgery>) -> Request {
        let an_hour_ago = at - 3600;
        match (self.platform, forgery) {
            (Platform::Zego, Some(Forgery::Content)) => self.zego(an_hour_ago, None),
            (Platform::Tencent, Some(Forgery::Content)) => self.tencent(an_hour_ago, None),
            (Platform::Zego, forgery) => self.zego(at, forgery),
            (Platform::Tencent, forgery) => self.tencent(at, forgery),
            (Platform::Trtc, forgery) => self.trtc(at, forgery),
        }
    }

    fn zego(&self, at: u64, forgery: Option<Forgery>) -> Request {
        let Self { room, number, .. } = self;
        // Signatures with a long nonce are bound for eleven minutes, so only a few have one.
        let nonce = match number % 50 {
            0 => format!("{at}{number:010}"),
            _ => format!("{:06}", number % 1_000_000),
        };
        let signature = signed_with("demo-callback-secret", forgery, |secret| {
            signature::zego(secret, &at.to_string(), &nonce)
        });
        let body = format!(
            r#"{{"appid":"1234567890","event":"room_create","timestamp":{at},"nonce":"{nonce}","#,
        ) + &format!(
            r#""signature":"{signature}","room_id":"{room}","room_name":"The Lobby","#,
        ) + r#""operator_account":"ada","#
            + r#""attributes":[{"key":"topic","value":"rust","auto_delete":1}]}"#;
        Request::new("/hooks/zego", "", body)
    }

    fn tencent(&self, at: u64, forgery: Option<Forgery>) -> Request {
        let Self { room, occurred_at, .. } = self;
        let sign =
            signed_with("demo-token", forgery, |token| signature::tencent(token, &at.to_string()));
        let command = "Room.CallbackAfterUpdateRoomInfo";
        let target = format!(
            "/hooks/tencent?SdkAppid=1400000000&CallbackCommand={command}&contenttype=json\
             &ClientIP=127.0.0.1&OptPlatform=RESTAPI&RequestTime={at}&Sign={sign}"
        );
        let body = format!(
            r#"{{"CallbackCommand":"{command}","Operator_Account":"bob","EventTime":{occurred_at},"#,
        ) + &format!(
            r#""RoomInfo":{{"RoomId":"{room}","RoomName":"The Lobby","MaxMemberCount":300}}}}"#,
        );
        Request::new(&target, "", body)
    }

    fn trtc(&self, at: u64, forgery: Option<Forgery>) -> Request {
        let Self { room, occurred_at, .. } = self;
        let (at, seconds) = (at * 1000, occurred_at / 1000);
        let body = format!(
            "{{\"EventGroupId\":\t1,\"EventType\":\t103,\"CallbackTs\":\t{at},\"EventInfo\":\t{{\
             \"RoomId\":\t\"{room}\",\"EventTs\":\t{seconds},\"EventMsTs\":\t{occurred_at},\
             \"UserId\":\t\"ada\",\"Role\":\t20,\"TerminalType\":\t2,\"UserType\":\t3,\"Reason\":\t1}}}}"
        );
        let sign = signed_with("demokey", forgery, |key| signature::trtc(key, body.as_bytes()));
        let headers = format!("SdkAppId: 1400000000\r\nSign: {sign}\r\n");
        let body = match forgery {
            Some(Forgery::Content) => body.replace("ada", "eve"),
            _ => body,
        };
        Request::new("/hooks/trtc", &headers, body)
    }
}

/// A signature, or a forged one.
fn signed_with(
    secret: &str,
    forgery: Option<Forgery>,
    sign: impl FnOnce(&str) -> String,
) -> String {
    match forgery {
        Some(Forgery::Secret) => sign("a-guess"),
        Some(Forgery::Signature) => {
            let signature = sign(secret);
            let first = if signature.starts_with('0') { '1' } else { '0' };
            format!("{first}{}", &signature[1..])
        }
        Some(Forgery::Content) | None => sign(secret),
    }
}

pub(super) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
