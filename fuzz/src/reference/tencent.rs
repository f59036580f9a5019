use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use percent_encoding::percent_decode;
use sha2::{Digest, Sha256};

use super::{
    Authentic, is_fresh,
    json::{Members, text_of},
    number, signer,
};
use crate::receivers::UNSIGNED_APP;

const TOLERANCE: Duration = Duration::from_secs(60);

/// The hex of the SHA-256 of the two, joined.
pub(crate) fn sign(token: &str, request_time: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("{token}{request_time}")))
}

pub(crate) fn verify(query: &str, body: &[u8], now: SystemTime) -> Option<Authentic> {
    let app_named = parameter(query, &["SdkAppid"])?;
    let command_named = parameter(query, &["CallbackCommand", "WebhookCommand"])?;
    let sign = parameter(query, &["Sign"])?;
    let request_time = parameter(query, &["RequestTime"])?;

    let says_nothing =
        [&app_named, &command_named, &sign, &request_time].iter().all(|value| value.is_none());
    let app_id = if app_named.as_deref().and_then(number) == Some(UNSIGNED_APP)
        || says_nothing && body.is_empty()
    {
        UNSIGNED_APP
    } else {
        let (sign, request_time) = (sign?, request_time?);
        let sent_at = UNIX_EPOCH.checked_add(Duration::from_secs(number(&request_time)?))?;
        let digest = HEXLOWER_PERMISSIVE.decode(sign.as_bytes()).ok()?;
        let app_id = signer(app_named.as_deref(), |token| {
            self::sign(token, &request_time) == HEXLOWER.encode(&digest)
        })?;
        is_fresh(sent_at, now, TOLERANCE).then_some(app_id)?
    };
    Some(Authentic { app_id, event: event(command_named, body)? })
}

/// The event's name, which query and body must agree on; a probe has none.
fn event(command_named: Option<String>, body: &[u8]) -> Option<Option<String>> {
    if text_of(body)?.is_empty() {
        return Some(None);
    }
    let members = Members::read(body)?;
    let names = [members.string("CallbackCommand")?, members.string("WebhookCommand")?];
    let command = match names {
        [Some(_), Some(_)] => return None,
        [command, webhook] => command.or(webhook),
    };
    match (command_named, command) {
        (Some(in_query), Some(in_body)) => (in_query == in_body).then_some(Some(in_body)),
        (None, None) if members.is_empty() => Some(None),
        (in_query, in_body) => Some(Some(in_body.or(in_query).unwrap_or_default())),
    }
}

/// The parameter of any of these names, which must not be there twice; an empty one is none.
fn parameter(query: &str, names: &[&str]) -> Option<Option<String>> {
    let mut values = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name).unwrap_or_default();
        if names.iter().any(|wanted| wanted.eq_ignore_ascii_case(&name)) {
            values.push(decoded(value)?);
        }
    }
    let value = values.pop().filter(|value| !value.is_empty());
    values.is_empty().then_some(value)
}

fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    Some(percent_decode(text.as_bytes()).decode_utf8().ok()?.into_owned())
}
