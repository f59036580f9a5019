use std::{borrow::Cow, net::IpAddr, time::SystemTime};

use crate::{
    Refusal,
    event::unix_time::at_seconds,
    request::form,
    verify::{digest::from_hex, freshness::canonical},
};

/// The parameters of the query. Names are matched case-insensitively, and an empty value counts as
/// absent. A parameter that identifies the sender or the event must not occur twice.
#[derive(Default)]
pub(super) struct Query<'a> {
    pub(super) app_id: Option<Cow<'a, str>>,
    pub(super) command: Option<Cow<'a, str>>,
    pub(super) sign: Option<Cow<'a, str>>,
    pub(super) request_time: Option<Cow<'a, str>>,
    /// The delivery's request id, cut to 64 characters. It is undocumented.
    pub(super) request_id: Option<Box<str>>,
    /// The client whose request led to the callback.
    pub(super) client: Vec<(Cow<'static, str>, Box<str>)>,
}

/// A signature and the time that it signs, parsed from their canonical form.
pub(super) struct ParsedSignature<'a> {
    pub(super) request_time: &'a str,
    pub(super) sent_at: SystemTime,
    pub(super) signature: [u8; 32],
}

impl<'a> Query<'a> {
    pub(super) fn parse(query: &'a str) -> Result<Self, Refusal> {
        let mut parsed = Self::default();
        for (name, value) in form::pairs(query) {
            // A name that cannot be decoded is not one of these.
            let name = form::decoded(name).unwrap_or_default();
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            let signed_by = if is("SdkAppid") {
                &mut parsed.app_id
            } else if is("CallbackCommand") || is("WebhookCommand") {
                &mut parsed.command
            } else if is("Sign") {
                &mut parsed.sign
            } else if is("RequestTime") {
                &mut parsed.request_time
            } else {
                parsed.note(&name, value);
                continue;
            };
            if signed_by.replace(form::decoded(value)?).is_some() {
                return Err(Refusal::DuplicateParameter);
            }
        }
        let Self { app_id, command, sign, request_time, .. } = &mut parsed;
        for parameter in [app_id, command, sign, request_time] {
            parameter.take_if(|value| value.is_empty());
        }
        Ok(parsed)
    }

    /// Keeps a parameter that verification does not depend on, so it may be unreadable or occur
    /// twice.
    fn note(&mut self, name: &str, value: &str) {
        let Ok(value) = form::decoded(value) else { return };
        if name.eq_ignore_ascii_case("RequestID") {
            let cut = value.char_indices().nth(64).map_or(&*value, |(end, _)| &value[..end]);
            self.request_id = (!cut.is_empty()).then(|| cut.into());
        } else if name.eq_ignore_ascii_case("ClientIP") && value.parse::<IpAddr>().is_ok() {
            self.client.push(("ClientIP".into(), value.into()));
        } else if name.eq_ignore_ascii_case("OptPlatform") && !value.is_empty() {
            self.client.push(("OptPlatform".into(), value.into()));
        }
    }

    /// Whether the query has no signature and names nothing, as in the probe for an app without a
    /// token.
    pub(super) fn is_empty(&self) -> bool {
        let Self { app_id, command, sign, request_time, .. } = self;
        [app_id, command, sign, request_time].into_iter().all(Option::is_none)
    }

    pub(super) fn signed(&self) -> Result<ParsedSignature<'_>, Refusal> {
        let sign = present(&self.sign, "Sign")?;
        let request_time = present(&self.request_time, "RequestTime")?;
        // The token and the time are joined without a separator, so only digits may follow the
        // token.
        let sent_at = canonical(request_time)
            .and_then(at_seconds)
            .ok_or(Refusal::Malformed { what: "RequestTime is not canonical" })?;
        Ok(ParsedSignature { request_time, sent_at, signature: from_hex(sign)? })
    }
}

fn present<'a>(
    parameter: &'a Option<Cow<'_, str>>,
    name: &'static str,
) -> Result<&'a str, Refusal> {
    parameter.as_deref().ok_or(Refusal::NotSigned { part: name })
}
