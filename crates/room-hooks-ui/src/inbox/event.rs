//! The page of an event.

use std::sync::Arc;

use axum::{
    Form,
    extract::{
        Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    response::{IntoResponse, Response},
};
use maud::html;
use room_hooks::inbox::{EventState, InboxStore};
use serde::Deserialize;

use crate::layout::Page;

use super::{
    SITE, Sequence,
    action::{Action, Outcome},
    list::events_link,
    payload,
    problem::Problem,
    words,
};

#[derive(Deserialize)]
pub(super) struct Parameters {
    sequence: Sequence,
    outcome: Option<Outcome>,
}

pub(super) async fn show(
    State(inbox): State<Arc<dyn InboxStore>>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(Parameters { sequence: Sequence(sequence), outcome }) = parameters?;
    let (record, event) = inbox.get(sequence).await?.ok_or(Problem::NoEvent(sequence))?;
    let number = sequence.to_string();
    let what = format!("event {sequence}");
    let fields = [("sequence", number.as_str())];
    let is_dead = record.state == EventState::Dead;
    let content = html! {
        @if let Some(outcome) = outcome { (outcome.notice()) }
        dl {
            dt { "State" }
            dd { (words::state(&record)) }
            dt { "Kind" }
            dd { a href=(events_link(&[("kind", &record.kind)])) { (record.kind) } }
            dt { "Room" }
            dd {
                @match &record.room {
                    Some(room) => a href=(events_link(&[("room", room)])) { (room) },
                    None => "–",
                }
            }
            dt { "Received" }
            dd { (words::utc(record.received_at)) ", " (words::age(&record)) " ago" }
            dt { "Attempts" }
            dd { (words::attempts(&record)) }
            dt { "Id" }
            dd { @match &event.id { Some(id) => code { (id) }, None => "–" } }
            dt { "Format" }
            dd { (record.format_version) }
            dt { "Payload" }
            dd { (record.payload_bytes) " bytes" }
        }
        @if let Some(error) = &record.error {
            h2 { "Error" }
            // Not split into its causes: they are joined by ": ", which their own texts may
            // contain.
            pre.bad { (error) }
            @if is_dead {
                p { a href=(format!("group?of={sequence}")) { "All dead events with this error" } }
            }
        }
        @if is_dead || record.state == EventState::Ready {
            h2 { "Actions" }
            @if is_dead { (Action::Retry.form("retry", &what, &fields)) }
            (Action::Discard.form("discard", &what, &fields))
        }
        (payload::show(&event.payload, sequence))
    };
    let title = format!("Event {sequence}");
    Ok(Page { title: &title, site: SITE, content }.into_response())
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    sequence: Sequence,
}

pub(super) async fn retry(
    State(inbox): State<Arc<dyn InboxStore>>,
    chosen: Result<Form<Chosen>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(Chosen { sequence: Sequence(sequence) }) = chosen?;
    let outcome = Action::Retry.outcome(&inbox, &[sequence]).await?;
    Ok(outcome.redirect(&format!("event?sequence={sequence}")))
}

pub(super) async fn discard(
    State(inbox): State<Arc<dyn InboxStore>>,
    chosen: Result<Form<Chosen>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(Chosen { sequence: Sequence(sequence) }) = chosen?;
    let outcome = Action::Discard.outcome(&inbox, &[sequence]).await?;
    Ok(match outcome.changed {
        0 => outcome.redirect(&format!("event?sequence={sequence}")),
        _ => outcome.redirect("overview"),
    })
}
