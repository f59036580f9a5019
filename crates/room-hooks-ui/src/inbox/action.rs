//! Retry and discard: the buttons, what they do, and what is said about it afterwards.

use std::{fmt, sync::Arc};

use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use room_hooks::inbox::{InboxError, InboxStore};
use serde::Deserialize;
use tokio::task::JoinSet;

/// What an operator decides about events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing else to decide")]
pub enum Action {
    /// Another attempt.
    Retry,
    /// None.
    Discard,
}

/// How many events change at once: their commits share a write to the disk.
const AT_ONCE: usize = 64;

impl Action {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Discard => "discard",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Retry => "Retry",
            Self::Discard => "Discard",
        }
    }

    /// A button behind a confirmation, with the fields of its form.
    pub(super) fn form(self, path: &str, what: &str, fields: &[(&str, &str)]) -> Markup {
        let consequence = match self {
            Self::Retry => {
                "A worker handles it again, with as many attempts as a new event. In an order by room, it runs \
                 late: after events that arrived later and are done."
            }
            Self::Discard => "It is removed and never handled. This cannot be undone.",
        };
        html! {
            details {
                summary { (self.title()) " " (what) "…" }
                p { (consequence) }
                form method="post" action=(path) {
                    @for (name, value) in fields {
                        input type="hidden" name=(name) value=(value);
                    }
                    button { (self.title()) " " (what) }
                }
            }
        }
    }

    /// Does it to events, and returns those that it did not change, since they were in another state by then. `progress`
    /// is told how many events were done with.
    ///
    /// # Errors
    ///
    /// The store fails. Some of the events may have been changed.
    pub async fn apply(
        self,
        inbox: &Arc<dyn InboxStore>,
        sequences: &[i64],
        mut progress: impl FnMut(usize),
    ) -> Result<Vec<i64>, InboxError> {
        let mut unchanged = Vec::new();
        for batch in sequences.chunks(AT_ONCE) {
            let mut tasks = JoinSet::new();
            for sequence in batch.iter().copied() {
                let inbox = Arc::clone(inbox);
                tasks.spawn(async move {
                    let is_changed = match self {
                        Self::Retry => inbox.retry(sequence).await,
                        Self::Discard => inbox.discard(sequence).await,
                    };
                    is_changed.map(|is_changed| (!is_changed).then_some(sequence))
                });
            }
            for result in tasks.join_all().await {
                unchanged.extend(result?);
            }
            progress(batch.len());
        }
        unchanged.sort_unstable();
        Ok(unchanged)
    }

    /// Does it to events for a page.
    pub(super) async fn outcome(
        self,
        inbox: &Arc<dyn InboxStore>,
        sequences: &[i64],
    ) -> Result<Outcome, InboxError> {
        let unchanged = self.apply(inbox, sequences, |_| {}).await?.len();
        let count = |events: usize| u32::try_from(events).unwrap_or(u32::MAX);
        let changed = count(sequences.len() - unchanged);
        Ok(Outcome { action: self, changed, unchanged: count(unchanged) })
    }
}

/// The outcome of an action. The next page receives it in its address, in a form that has no text of its own, so that a
/// link from elsewhere cannot put one into the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Outcome {
    action: Action,
    pub(super) changed: u32,
    pub(super) unchanged: u32,
}

impl TryFrom<String> for Outcome {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parse = || {
            let (action, counts) = text.split_once(',')?;
            let action =
                [Action::Retry, Action::Discard].into_iter().find(|a| a.name() == action)?;
            let (changed, unchanged) = counts.split_once(',')?;
            Some(Self {
                action,
                changed: changed.parse().ok()?,
                unchanged: unchanged.parse().ok()?,
            })
        };
        parse().ok_or("not an outcome")
    }
}

impl Outcome {
    /// Shows it on a page, whose address may have parameters of its own.
    pub(super) fn redirect(self, page: &str) -> Response {
        let Self { action, changed, unchanged } = self;
        let separator = if page.contains('?') { '&' } else { '?' };
        let action = action.name();
        let address = format!("{page}{separator}outcome={action},{changed},{unchanged}");
        Redirect::to(&address).into_response()
    }

    pub(super) fn notice(self) -> Markup {
        html! { p role="status" { (self.to_string()) } }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = match self.action {
            Action::Retry => "retried",
            Action::Discard => "discarded",
        };
        write!(f, "{} {done}.", events(self.changed.into()))?;
        match self.unchanged {
            0 => Ok(()),
            count => write!(f, " {} skipped: their state had changed.", events(count.into())),
        }
    }
}

/// A number of events, in words.
pub(super) fn events(count: u64) -> String {
    if count == 1 { "1 event".into() } else { format!("{count} events") }
}
