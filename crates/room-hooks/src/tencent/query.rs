use std::{borrow::Cow, net::IpAddr, time::SystemTime};

use crate::{
    Refusal, event::unix_time::at_seconds, request::form, verify::digest::from_hex,
    verify::freshness::canonical,
};

use super::{Client, Platform};

/// The parameters of the query. Their names are matched without regard to case, an empty one counts as
/// absent, and none that decides who sent a callback and what it is may be there twice.
#[derive(Default)]
pub(super) struct Query<'a> {
    pub(super) app_id: Option<Cow<'a, str>>,
    pub(super) command: Option<Cow<'a, str>>,
    pub(super) sign: Option<Cow<'a, str>>,
    pub(super) request_time: Option<Cow<'a, str>>,
    client_ip: Option<IpAddr>,
    platform: Option<Platform>,
    request_id: Option<Cow<'a, str>>,
}

/// What a signature says, in its one canonical form.
pub(super) struct Signed<'a> {
    pub(super) request_time: &'a str,
    pub(super) sent_at: SystemTime,
    pub(super) signature: [u8; 32],
}

impl<'a> Query<'a> {
    pub(super) fn parse(query: &'a str) -> Result<Self, Refusal> {
        let mut parsed = Self::default();
        for (name, value) in form::pairs(query) {
            // A name that cannot be decoded is none of these.
            let name = form::decoded(name).unwrap_or_default();
            if name.eq_ignore_ascii_case("ClientIP") {
                parsed.client_ip = form::decoded(value).ok().and_then(|ip| ip.parse().ok());
            } else if name.eq_ignore_ascii_case("OptPlatform") && !value.is_empty() {
                parsed.platform = form::decoded(value).ok().map(|name| Platform::from(&*name));
            } else if name.eq_ignore_ascii_case("RequestID") {
                parsed.request_id = form::decoded(value).ok();
            } else if let Some(parameter) = parsed.parameter(&name)
                && parameter.replace(form::decoded(value)?).is_some()
            {
                return Err(Refusal::ParameterRepeated);
            }
        }
        let Self { app_id, command, sign, request_time, .. } = &mut parsed;
        for parameter in [app_id, command, sign, request_time] {
            parameter.take_if(|value| value.is_empty());
        }
        Ok(parsed)
    }

    /// Whether it holds no signature and names nothing, as in the probe for an app without a token.
    pub(super) fn is_empty(&self) -> bool {
        let Self { app_id, command, sign, request_time, .. } = self;
        [app_id, command, sign, request_time].into_iter().all(Option::is_none)
    }

    pub(super) fn signed(&self) -> Result<Signed<'_>, Refusal> {
        let sign = present(&self.sign, "Sign")?;
        let request_time = present(&self.request_time, "RequestTime")?;
        // The token and the time are joined without a separator: only digits may follow the token.
        let sent_at = canonical(request_time)
            .and_then(at_seconds)
            .ok_or(Refusal::Malformed { what: "RequestTime is not canonical" })?;
        Ok(Signed { request_time, sent_at, signature: from_hex(sign)? })
    }

    /// Where the request came from that led to the callback, if it tells.
    pub(super) fn client(&self) -> Option<Client> {
        let (ip, platform) = (self.client_ip, self.platform.clone());
        (ip.is_some() || platform.is_some()).then_some(Client { ip, platform })
    }

    /// An id of the sending, if it has one. It is undocumented, and not signed.
    pub(super) fn request_id(&self) -> Option<Box<str>> {
        self.request_id.as_deref().map(Into::into)
    }

    /// The command, which the body repeats: where both name one, it must be the same.
    pub(super) fn agreed<'b>(
        self,
        in_body: Option<Cow<'b, str>>,
    ) -> Result<Option<Cow<'b, str>>, Refusal>
    where
        'a: 'b,
    {
        match (self.command, in_body) {
            (Some(in_query), Some(in_body)) if in_query != in_body => Err(Refusal::CommandsDiffer),
            (in_query, in_body) => Ok(in_body.or(in_query)),
        }
    }

    fn parameter(&mut self, name: &str) -> Option<&mut Option<Cow<'a, str>>> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("SdkAppid") {
            Some(&mut self.app_id)
        } else if is("CallbackCommand") || is("WebhookCommand") {
            Some(&mut self.command)
        } else if is("Sign") {
            Some(&mut self.sign)
        } else if is("RequestTime") {
            Some(&mut self.request_time)
        } else {
            None
        }
    }
}

fn present<'a>(
    parameter: &'a Option<Cow<'_, str>>,
    name: &'static str,
) -> Result<&'a str, Refusal> {
    parameter.as_deref().ok_or(Refusal::NotSigned { part: name })
}
