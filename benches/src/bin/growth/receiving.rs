//! What `Receiver::receive` takes.

use std::{error::Error, hint::black_box, time::SystemTime};

use room_hooks::{
    Receiver, Secrets,
    testing::SignedDelivery,
    zego::{Event, Zego},
};
use serde_json::{Value, json};

use crate::subject::{Step, Subject};

/// A room's end, with as many members as the size has room for.
pub fn body_size() -> Result<Subject, Box<dyn Error>> {
    let zego = Zego::new(1, secret(1))?;
    let mut steps = Vec::new();
    for (size, label) in [
        (1 << 10, "1 KB"),
        (4 << 10, "4 KB"),
        (16 << 10, "16 KB"),
        (64 << 10, "64 KB"),
        (256 << 10, "256 KB"),
        (1 << 20, "1 MB"),
    ] {
        let now = SystemTime::now();
        let alone = zego.sign(&destroyed(0), now)?.body.len();
        let signed = zego.sign(&destroyed((size - alone) / MEMBER_BYTES), now)?;
        let (size, label) = (signed.body.len(), label.to_owned());
        let receiver = Receiver::new(zego.clone()).with_body_limit(size);
        steps.push(Step { line: "", size, label, work: receiving(receiver, signed, now)? });
    }
    Ok(Subject { title: "The body", axis: "size of the body", one: "byte", steps })
}

/// Apps of which the last has signed, and is named.
pub fn apps() -> Result<Subject, Box<dyn Error>> {
    let mut steps = Vec::new();
    for (size, label) in [(1, "1"), (10, "10"), (100, "100"), (1_000, "1,000"), (10_000, "10,000")]
    {
        let now = SystemTime::now();
        let last = size as u64;
        let mut zego = Zego::new(last, secret(last))?;
        let signed = zego.sign(&created(), now)?;
        for app_id in 1..last {
            zego = zego.with_app(app_id, secret(app_id))?;
        }
        let work = receiving(Receiver::new(zego), signed, now)?;
        steps.push(Step { line: "", size, label: label.to_owned(), work });
    }
    Ok(Subject { title: "Apps", axis: "configured apps", one: "app", steps })
}

/// Secrets of which the current one has signed.
pub fn secrets() -> Result<Subject, Box<dyn Error>> {
    let mut steps = Vec::new();
    for previous in [0, 1, 2, 4, 8, 16, 32] {
        let now = SystemTime::now();
        let mut secrets = Secrets::new(&secret(0))?;
        for number in 1..=previous {
            secrets = secrets.with_previous(&secret(number))?;
        }
        let zego = Zego::new(1, secrets)?;
        let signed = zego.sign(&created(), now)?;
        let work = receiving(Receiver::new(zego), signed, now)?;
        let size = previous as usize + 1;
        steps.push(Step { line: "", size, label: size.to_string(), work });
    }
    let axis = "secrets of the app, the current one and previous ones";
    Ok(Subject { title: "Secrets", axis, one: "secret", steps })
}

fn receiving(
    receiver: Receiver<Zego>,
    signed: SignedDelivery,
    now: SystemTime,
) -> Result<Box<dyn Fn()>, Box<dyn Error>> {
    receiver.receive::<Event>(signed.as_delivery(), now)?;
    Ok(Box::new(move || drop(black_box(receiver.receive::<Event>(signed.as_delivery(), now)))))
}

/// Of the length that the console gives out.
fn secret(number: u64) -> String {
    format!("{number:032x}")
}

pub fn created() -> Value {
    json!({
        "event": "room_create", "room_id": "lobby-7f3a", "operator_account": "ada",
        "room_name": "Ada's room", "attributes": [{"key": "topic", "value": "rust", "auto_delete": 1}],
    })
}

/// What a member adds to a body: an id of 11 bytes, its quotes and a comma.
const MEMBER_BYTES: usize = 14;

fn destroyed(members: usize) -> Value {
    let members: Vec<_> = (0..members).map(|member| format!("user-{member:06}")).collect();
    json!({
        "event": "room_destroy", "room_id": "lobby-7f3a", "operator_account": "ada",
        "user_ids": members,
    })
}
