use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use sha2::{Digest, Sha256};

use super::{
    Authentic, Expected,
    form::decoded,
    is_fresh,
    json::{Members, text_of},
    number, signer, signers,
};
use crate::receivers::Apps;

const TOLERANCE: Duration = Duration::from_secs(60);

/// The hex SHA-256 digest of the token followed by the time.
pub(crate) fn sign(token: &str, request_time: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("{token}{request_time}")))
}

pub(crate) fn verify(apps: &Apps, query: &str, body: &[u8], now: SystemTime) -> Option<Authentic> {
    let app_named = parameter(query, &["SdkAppid"])?;
    let command_named = parameter(query, &["CallbackCommand", "WebhookCommand"])?;
    let sign = parameter(query, &["Sign"])?;
    let request_time = parameter(query, &["RequestTime"])?;
    let body = text_of(body);

    // The console's probe: no command, and an empty body.
    let is_empty = |body: &str| matches!(&*without_space(body), "" | "{}");
    let is_probe = command_named.is_none() && body.is_some_and(is_empty);
    let unsigned = apps.unsigned.filter(|unsigned| match &app_named {
        Some(id) => number(id) == Some(*unsigned),
        None => is_probe && sign.is_none() && request_time.is_none(),
    });
    let app_id = match unsigned {
        Some(app_id) => app_id,
        None => {
            let (sign, request_time) = (sign?, request_time?);
            let sent_at = UNIX_EPOCH.checked_add(Duration::from_secs(number(&request_time)?))?;
            let digest = HEXLOWER_PERMISSIVE.decode(sign.as_bytes()).ok()?;
            let signs = |token: &str| self::sign(token, &request_time) == HEXLOWER.encode(&digest);
            let app_id = match &app_named {
                None if is_probe => signers(apps, signs).first().copied(),
                named => signer(apps, named.as_deref(), signs),
            };
            app_id.filter(|_| is_fresh(sent_at, now, TOLERANCE))?
        }
    };
    // Refusing a question would deny what it asks for.
    let is_asked = command_named.as_deref().is_some_and(asks);
    let outcome = match body.and_then(|body| outcome(command_named, body)) {
        _ if is_probe => Expected::Acknowledged,
        Some(Expected::BodyAlreadyConsumed) | None if is_asked => Expected::Acknowledged,
        outcome => outcome?,
    };
    Some(Authentic { app_id, outcome })
}

/// Reads the event. The query and the body must not name different commands.
fn outcome(command_named: Option<String>, body: &str) -> Option<Expected> {
    if body.is_empty() {
        return Some(Expected::BodyAlreadyConsumed);
    }
    let members = Members::read(body)?.repaired();
    let names = [members.string("CallbackCommand")?, members.string("WebhookCommand")?];
    let command = match names {
        [Some(_), Some(_)] => return None,
        [command, webhook] => command.or(webhook),
    };
    let (name, document) = match (command_named, command) {
        (Some(in_query), Some(in_body)) if in_query != in_body => return None,
        (Some(in_query), None) => {
            let document = members.with("CallbackCommand", &in_query);
            (in_query, document)
        }
        (_, in_body) => (in_body.unwrap_or_default(), members),
    };
    let asks = asks(&name);
    Some(Expected::Callback { name, document, asks })
}

fn asks(command: &str) -> bool {
    command.split("Before").count() > 1 || command.starts_with("Sns.CallbackPrev")
}

/// The parameter with any of these names, or `None` if it is a duplicate. An empty value counts as
/// missing.
fn parameter(query: &str, names: &[&str]) -> Option<Option<String>> {
    let mut values = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name, " ").unwrap_or_default();
        if names.iter().any(|wanted| wanted.eq_ignore_ascii_case(&name)) {
            values.push(decoded(value, " ")?);
        }
    }
    let value = values.pop().filter(|value| !value.is_empty());
    values.is_empty().then_some(value)
}

fn without_space(text: &str) -> String {
    text.chars().filter(|character| !character.is_ascii_whitespace()).collect()
}
