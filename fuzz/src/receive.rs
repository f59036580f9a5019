use std::{sync::LazyLock, time::Duration};

use arbitrary::{Result, Unstructured};
use room_hooks::{
    Provider, Receiver,
    tencent::Tencent,
    testing::{SignedDelivery, samples},
    trtc::Trtc,
    zego::Zego,
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    differential::check,
    receivers::{self, APPS, now},
    reference::{Authentic, verify_tencent, verify_trtc, verify_zego},
};

/// An event of each kind, with its provider.
static SAMPLES: LazyLock<Vec<(&str, Value)>> =
    LazyLock::new(|| samples().map(|sample| (sample.provider, sample.event())).collect());

/// The whole of [`Receiver::receive`]: an honest delivery of any kind, at any time, with some bytes of its
/// query, its headers and its body replaced.
pub(crate) fn receive(data: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(data);
    let (provider, event) = input.choose(&SAMPLES)?;
    let (app, secrets) = *input.choose(&APPS)?;
    let secret = *input.choose(secrets)?;
    let sent_at =
        now() - Duration::from_secs(400) + Duration::from_secs(input.int_in_range(0..=800)?);
    match *provider {
        "zego" => {
            let signer = Zego::new(app, secret).expect("it is configured so");
            let signed = signer.sign(event, sent_at).expect("it is an object");
            changed_and_checked(&receivers::zego(), signed, &mut input, |signed| {
                verify_zego(&signed.body, now())
            })
        }
        "tencent" => {
            let signer = Tencent::new(app, secret).expect("it is configured so");
            let signed = signer.sign(event, sent_at).expect("it is an object");
            changed_and_checked(&receivers::tencent(), signed, &mut input, |signed| {
                verify_tencent(&signed.query, &signed.body, now())
            })
        }
        _ => {
            let signer = Trtc::new(app, secret).expect("it is configured so");
            let signed = signer.sign(event, sent_at).expect("it is an object");
            changed_and_checked(&receivers::trtc(), signed, &mut input, |signed| {
                let header = |name| signed.as_delivery().header(name).unwrap_or_default();
                verify_trtc(header("SdkAppId"), header("Sign"), &signed.body)
            })
        }
    }
}

fn changed_and_checked<P>(
    receiver: &Receiver<P>,
    mut signed: SignedDelivery,
    input: &mut Unstructured<'_>,
    verify: impl FnOnce(&SignedDelivery) -> Option<Authentic>,
) -> Result<()>
where
    P: Provider<Event: Serialize>,
{
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
    let reference = verify(&signed);
    check(receiver, signed.as_delivery(), now(), reference.as_ref());
    Ok(())
}

/// Replaces a few bytes, somewhere, by some others.
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
