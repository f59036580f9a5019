//! The steps of a verification, each by itself: whether the secret is right, and whether the time
//! is. A receiver stops at the first failure, but both results are needed to find the cause.

use std::time::{Duration, SystemTime};

use room_hooks::{Provider as _, Refusal, testing::Explanation};

use crate::provider::{Provider, ProviderName};

use super::read::Request;

/// The reason why a capture proves nothing.
pub(super) struct Gap {
    pub(super) why: &'static str,
    /// How to get a capture that proves something.
    pub(super) advice: &'static str,
}

impl Gap {
    pub(super) const LOST_BYTES: Self = Self {
        why: "`curl --trace-ascii` writes line breaks, tabs and non-ASCII bytes as `.`, so the \
              body is not as it was sent",
        advice: "capture it with `curl --trace`",
    };

    pub(super) fn of(provider: ProviderName, request: &Request) -> Option<Self> {
        let gap = |why, advice| Some(Self { why, advice });
        match provider {
            ProviderName::Zego if request.body.is_none() => gap(
                "ZEGO's signature is in the body, which is missing",
                "capture the body with `room-hooks listen --record` or `curl --trace`, or add it \
                 with --body-file",
            ),
            ProviderName::Tencent if request.query.is_none() => gap(
                "Tencent's signature is in the query, which is missing",
                "add it with --query; access logs have it",
            ),
            ProviderName::Trtc if request.headers.is_none() => gap(
                "TRTC's signature is in a header, and the headers are missing",
                "capture headers and body with `room-hooks listen --record` or `curl --trace`, or \
                 add them with --header and --body-file",
            ),
            ProviderName::Trtc if request.body.is_none() => gap(
                "TRTC's signature covers the body, which is missing",
                "capture the body with `room-hooks listen --record` or `curl --trace`, or add it \
                 with --body-file",
            ),
            _ => None,
        }
    }
}

/// Whether the secret is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Secret {
    Right {
        app_id: u64,
        which: String,
    },
    /// The secret is right for the app that the callback names, which is not the configured one.
    OfAnotherApp {
        named: u64,
        configured: u64,
    },
    Wrong,
    /// The secret is right for the original body, which something has changed.
    OfAnotherBody,
    Unknown(&'static str),
}

impl Secret {
    /// Compares the presented signature with the secret's. `as_named` is the explanation for the
    /// same secret and the app that the callback names.
    pub(super) fn of(explanation: &Explanation, configured: u64, as_named: &Explanation) -> Self {
        if explanation.presented.is_none() {
            return Self::Unknown("no signature was found");
        }
        if let Some((app_id, which)) = signer(explanation) {
            return Self::Right { app_id, which };
        }
        if let Some((named, _)) = signer(as_named) {
            return Self::OfAnotherApp { named, configured };
        }
        match as_named.expected.is_empty() {
            true => Self::Unknown("a signed part is missing, or the app id is not a number"),
            false => Self::Wrong,
        }
    }

    /// `source` is the file or variable that contains the secret.
    pub(super) fn shown(&self, provider: ProviderName, source: &str) -> String {
        match self {
            Self::Right { app_id, which } => format!("right: app {app_id}, {which}"),
            Self::OfAnotherApp { named, configured } => {
                format!("right, but for app {named}; the app given here is {configured}")
            }
            // Only TRTC signs the body.
            Self::Wrong if provider == ProviderName::Trtc => {
                format!("wrong, or the body was changed: {source} produces a different signature")
            }
            Self::Wrong => format!("wrong: {source} produces a different signature"),
            Self::OfAnotherBody => "right, but the body was changed after it was signed".to_owned(),
            Self::Unknown(why) => format!("unknown: {why}"),
        }
    }
}

/// The app and the secret that produce the presented signature.
pub(super) fn signer(explanation: &Explanation) -> Option<(u64, String)> {
    let presented = explanation.presented.as_deref()?;
    let expected = explanation.expected.iter().find(|expected| {
        // Hex may be in upper or lower case. Base64 is case-sensitive.
        expected.signature == presented || expected.signature == presented.to_ascii_lowercase()
    })?;
    Some((expected.app_id, expected.secret.to_string()))
}

/// The app that a callback names.
pub(super) fn named_app(explanation: &Explanation) -> Option<u64> {
    let named = explanation
        .read
        .iter()
        .find(|(name, _)| ["appid", "SdkAppid", "SdkAppId"].contains(name))?;
    named.1.parse().ok()
}

/// The time at which a callback was received, and its source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    pub(super) now: SystemTime,
    /// Completes a text such as "3s before it arrived".
    pub(super) name: &'static str,
}

impl Clock {
    /// The name of this machine's clock.
    pub(super) const NOW: &str = "now";

    pub(super) fn is_of_this_machine(self) -> bool {
        self.name == Self::NOW
    }
}

/// Whether a callback was sent recently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    Fresh {
        age: Age,
        limit: Option<Duration>,
    },
    Stale {
        age: Age,
        limit: Duration,
    },
    /// The timestamp is fresh, but the digits of timestamp and nonce are those of an older pair.
    Old {
        by: Duration,
    },
    Unknown,
}

/// How long before or after its receipt a callback was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    Before(Duration),
    After(Duration),
}

impl Time {
    pub(super) fn of(provider: &Provider, explanation: &Explanation, now: SystemTime) -> Self {
        let Some(sent_at) = sent_at(provider.name(), explanation) else { return Self::Unknown };
        let (age, distance) = match now.duration_since(sent_at) {
            Ok(age) => (Age::Before(age), age),
            Err(error) => (Age::After(error.duration()), error.duration()),
        };
        let limit = match provider {
            Provider::Zego(zego) => zego.tolerance(),
            Provider::Tencent(tencent) => tencent.tolerance(),
            Provider::Trtc(trtc) => trtc.tolerance(),
        };
        match limit {
            Some(limit) if distance > limit => Self::Stale { age, limit },
            _ => Self::Fresh { age, limit },
        }
    }

    /// Adds the receiver's finding, which the timestamp alone does not show.
    pub(super) fn refined(self, refusal: Option<&Refusal>) -> Self {
        match (self, refusal) {
            (Self::Fresh { .. }, Some(Refusal::Stale { age })) => Self::Old { by: *age },
            _ => self,
        }
    }

    pub(super) fn shown(self, clock: Clock) -> String {
        let sent = |age| match age {
            Age::Before(age) => format!("sent {} before {}", span(age), clock.name),
            Age::After(ahead) => format!("sent {} after {}", span(ahead), clock.name),
        };
        match self {
            Self::Fresh { age, limit: Some(limit) } => {
                format!("fresh: {}; the limit is {}", sent(age), span(limit))
            }
            Self::Fresh { age, limit: None } => {
                format!("no limit: {}; a TRTC receiver has none unless you set one", sent(age))
            }
            Self::Stale { age: age @ Age::Before(_), limit } => {
                format!("stale: {}; the limit is {}", sent(age), span(limit))
            }
            Self::Stale { age: age @ Age::After(_), limit } => {
                format!("in the future: {}; the limit is {}", sent(age), span(limit))
            }
            Self::Old { by } => {
                format!(
                    "stale: timestamp and nonce have the digits of a pair that is {} older",
                    span(by)
                )
            }
            Self::Unknown => "unknown: no timestamp was found".to_owned(),
        }
    }
}

/// Formats a duration in its two largest units, such as `2h 46m`.
pub(super) fn span(duration: Duration) -> String {
    let whole = humantime::format_duration(Duration::from_secs(duration.as_secs())).to_string();
    whole.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// The time at which the callback claims to have been sent.
pub(super) fn sent_at(provider: ProviderName, explanation: &Explanation) -> Option<SystemTime> {
    /// A time in seconds has fewer digits until the year 5138.
    const LEAST_MILLIS: u64 = 100_000_000_000;
    let read = |wanted: &str| {
        let (_, text) = explanation.read.iter().find(|(name, _)| *name == wanted)?;
        Some(text.clone())
    };
    let digits = match provider {
        ProviderName::Zego => read("timestamp")?,
        ProviderName::Tencent => read("RequestTime")?,
        ProviderName::Trtc => {
            let value = explanation.event.as_ref()?.get("CallbackTs")?;
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        }
    };
    let number: u64 = digits.parse().ok()?;
    let since_epoch = match number {
        ..LEAST_MILLIS => Duration::from_secs(number),
        LEAST_MILLIS.. => Duration::from_millis(number),
    };
    SystemTime::UNIX_EPOCH.checked_add(since_epoch)
}
