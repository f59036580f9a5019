//! Retry and discard: the buttons, the actions, and the messages afterward.

use std::{fmt, sync::Arc};

use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use room_hooks::inbox::{InboxError, InboxStore};
use serde::Deserialize;
use tokio::task::JoinSet;

/// An operator's action on events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are no other actions")]
pub enum Action {
    /// Makes dead events ready again.
    Retry,
    /// Removes ready or dead events.
    Discard,
}

/// The number of events that change concurrently. Their commits share a write to the disk.
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
                "Retried events have as many attempts as new events. If workers keep the order of \
                 each room, they run after later events that are already done."
            }
            Self::Discard => {
                "Discarded events are removed and never handled. This cannot be undone."
            }
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

    /// Applies the action to events. Returns those that it did not change because their state had
    /// changed in the meantime. Calls `progress` with the number of events in each finished batch.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails. Some events may already have changed.
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

    /// Applies the action to events, for a page.
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

/// The outcome of an action. The next page receives it in its URL, as counts only, so that a link
/// from another site cannot put text into the page.
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
    /// Redirects to a page that shows the outcome. The page's URL may already have parameters.
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
            count => {
                write!(f, " {} skipped: no longer in the expected state.", events(count.into()))
            }
        }
    }
}

/// A number of events, in words.
pub(super) fn events(count: u64) -> String {
    if count == 1 { "1 event".into() } else { format!("{count} events") }
}
