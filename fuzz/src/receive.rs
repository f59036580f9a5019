use std::{sync::LazyLock, time::Duration};

use arbitrary::{Result, Unstructured};
use room_hooks::{
    Delivery,
    tencent::Tencent,
    testing::{SignedDelivery, samples},
    trtc::Trtc,
    zego::Zego,
};
use serde_json::Value;

use crate::{
    differential::{check_tencent, check_trtc, check_zego},
    receivers::{SEVERAL, now},
};

/// An event of each kind, with its provider.
static SAMPLES: LazyLock<Vec<(&str, Value)>> =
    LazyLock::new(|| samples().map(|sample| (sample.provider, sample.event())).collect());

/// All of [`Receiver::receive`](room_hooks::Receiver::receive): a signed delivery of any kind, sent
/// at any time, with some bytes of its query, headers and body replaced.
pub(crate) fn receive(data: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(data);
    let (provider, event) = input.choose(&SAMPLES)?;
    let (app, secrets) = *input.choose(SEVERAL.signed)?;
    let secret = *input.choose(secrets)?;
    let sent_at =
        now() - Duration::from_secs(400) + Duration::from_secs(input.int_in_range(0..=800)?);
    let (signed, check): (_, fn(Delivery<'_>)) = match *provider {
        "zego" => (Zego::new(app, secret).map(|zego| zego.sign(event, sent_at)), check_zego),
        "tencent" => {
            (Tencent::new(app, secret).map(|tencent| tencent.sign(event, sent_at)), check_tencent)
        }
        _ => (Trtc::new(app, secret).map(|trtc| trtc.sign(event, sent_at)), check_trtc),
    };
    let mut signed = signed.expect("the secret is valid").expect("the event is an object");
    change(&mut signed, &mut input)?;
    check(signed.as_delivery());
    Ok(())
}

fn change(signed: &mut SignedDelivery, input: &mut Unstructured<'_>) -> Result<()> {
    for _ in 0..input.int_in_range(0..=3)? {
        match input.int_in_range(0..=3)? {
            0 => replace_text(&mut signed.query, input)?,
            1 => {
                for (_, value) in &mut signed.headers {
                    replace_text(value, input)?;
                }
            }
            _ => replace(&mut signed.body, input)?,
        }
    }
    Ok(())
}

/// Replaces a few bytes at an arbitrary place.
fn replace(bytes: &mut Vec<u8>, input: &mut Unstructured<'_>) -> Result<()> {
    let begin = input.int_in_range(0..=bytes.len())?;
    let end = (begin + input.int_in_range(0..=8)?).min(bytes.len());
    let length = input.int_in_range(0..=8)?.min(input.len());
    bytes.splice(begin..end, input.bytes(length)?.iter().copied());
    Ok(())
}

fn replace_text(text: &mut String, input: &mut Unstructured<'_>) -> Result<()> {
    let mut bytes = text.clone().into_bytes();
    replace(&mut bytes, input)?;
    *text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(())
}
