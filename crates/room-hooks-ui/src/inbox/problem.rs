use std::error::Error;

use axum::{
    extract::rejection::{FormRejection, QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use room_hooks::inbox::InboxError;

use crate::layout::problem;

use super::SITE;

/// Why a page cannot be shown.
#[derive(Debug)]
pub(super) enum Problem {
    /// The inbox has no such event.
    NoEvent(i64),
    /// The event is not dead, or no longer dead.
    NotDead(i64),
    /// The request is not valid.
    Request(&'static str),
    /// The inbox failed.
    Inbox(InboxError),
}

impl From<InboxError> for Problem {
    fn from(error: InboxError) -> Self {
        Self::Inbox(error)
    }
}

impl From<QueryRejection> for Problem {
    fn from(_: QueryRejection) -> Self {
        Self::Request("The address has a parameter that cannot be read.")
    }
}

impl From<FormRejection> for Problem {
    fn from(_: FormRejection) -> Self {
        Self::Request("The form cannot be read.")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Self::NoEvent(sequence) => {
                let text = format!(
                    "The inbox has no event {sequence}. It may have been discarded, or removed after its retention."
                );
                problem(SITE, StatusCode::NOT_FOUND, text)
            }
            Self::NotDead(sequence) => {
                let text =
                    format!("Event {sequence} is not dead, so it has no group of dead events.");
                problem(SITE, StatusCode::NOT_FOUND, text)
            }
            Self::Request(text) => problem(SITE, StatusCode::BAD_REQUEST, text),
            Self::Inbox(error) => {
                // Only the log contains the error, because a database error may name hosts, users
                // and tables.
                tracing::error!(error = %chain(&error), "inbox unavailable");
                let text = "The inbox does not respond. Its events cannot be shown, and an action \
                            may be only partly complete. The log of this process has the reason.";
                problem(SITE, StatusCode::SERVICE_UNAVAILABLE, text)
            }
        }
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
