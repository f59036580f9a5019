//! The page of events that match filters.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use form_urlencoded::Serializer;
use maud::{Markup, html};
use room_hooks::inbox::{EventRecord, EventState, InboxError, InboxStore};
use serde::Deserialize;

use crate::layout::Page;

use super::{
    MAX_SCANNED, SITE, Sequence,
    matching::{Pages, is_error, is_kind, is_room},
    problem::Problem,
    words,
};

/// The maximum number of characters of an error in a row. The page of the event has all of it.
pub(super) const MAX_CHARS: usize = 200;

/// The maximum number of events on a page.
pub(super) const MAX_SHOWN: usize = 50;

/// Filters as the form sends them. An empty filter matches everything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    state: String,
    kind: String,
    room: String,
    error: String,
    after: Sequence,
}

const STATES: [EventState; 4] =
    [EventState::Ready, EventState::Leased, EventState::Done, EventState::Dead];

impl Filter {
    fn state(&self) -> Result<Option<EventState>, Problem> {
        if self.state.is_empty() {
            return Ok(None);
        }
        let state = STATES.into_iter().find(|state| state.name() == self.state);
        state.map(Some).ok_or(Problem::Request("There is no such state."))
    }

    fn matches(&self, record: &EventRecord) -> bool {
        let is_room = |room: &String| is_room(room, &self.room);
        (self.kind.is_empty() || is_kind(&record.kind, &self.kind))
            && (self.room.is_empty() || record.room.as_ref().is_some_and(is_room))
            && (self.error.is_empty() || is_error(record, &self.error))
    }

    /// The link to the events after a sequence, with the same filters.
    fn link(&self, after: i64) -> String {
        let Self { state, kind, room, error, .. } = self;
        events_link(&[
            ("state", state),
            ("kind", kind),
            ("room", room),
            ("error", error),
            ("after", &after.to_string()),
        ])
    }

    fn form(&self) -> Markup {
        html! {
            form method="get" action="events" {
                label {
                    "State"
                    select name="state" {
                        option value="" { "all" }
                        @for name in STATES.map(EventState::name) {
                            option value=(name) selected[name == self.state] { (name) }
                        }
                    }
                }
                label { "Kind" input name="kind" value=(self.kind) placeholder="zego/room_create"; }
                label { "Room" input name="room" value=(self.room) placeholder="lobby"; }
                label { "Error contains" input type="search" name="error" value=(self.error); }
                button { "Filter" }
            }
        }
    }
}

/// The link to a list with filters.
pub(super) fn events_link(filters: &[(&str, &str)]) -> String {
    let page = "events?";
    let mut query = Serializer::for_suffix(page.to_owned(), page.len());
    query.extend_pairs(filters.iter().filter(|(_, value)| !value.is_empty()));
    query.finish()
}

pub(super) async fn show(
    State(inbox): State<Arc<dyn InboxStore>>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(filter) = filter?;
    let state = filter.state()?;
    let Found { records, next, scanned } = find(&*inbox, state, &filter).await?;
    let content = html! {
        (filter.form())
        @if records.is_empty() {
            p { "No event matches" @if next.is_some() { " among the " (scanned) " that were examined" } "." }
        } @else {
            (table(&records))
        }
        p {
            @if filter.after.0 > 0 { a href=(filter.link(0)) { "First page" } " " }
            @if let Some(after) = next {
                a href=(filter.link(after)) rel="next" {
                    @if records.len() == MAX_SHOWN { "Next" } @else { "Continue after event " (after) }
                }
            }
        }
        @if next.is_some() && records.len() < MAX_SHOWN {
            p.quiet { "A page looks at " (scanned) " events. There are more." }
        }
    };
    Ok(Page { title: "Events", site: SITE, content }.into_response())
}

struct Found {
    records: Vec<EventRecord>,
    /// The sequence after which the next page begins, if there are more events.
    next: Option<i64>,
    scanned: usize,
}

async fn find(
    inbox: &dyn InboxStore,
    state: Option<EventState>,
    filter: &Filter,
) -> Result<Found, InboxError> {
    let mut pages = Pages::new(inbox, state, filter.after.0);
    let mut found = Found { records: Vec::new(), next: None, scanned: 0 };
    let mut last = filter.after.0;
    while let Some(page) = pages.next().await? {
        for record in page {
            if found.records.len() == MAX_SHOWN || found.scanned == MAX_SCANNED {
                found.next = Some(last);
                return Ok(found);
            }
            last = record.sequence;
            found.scanned += 1;
            if filter.matches(&record) {
                found.records.push(record);
            }
        }
    }
    Ok(found)
}

/// A table of events, each with a link.
pub(super) fn table(records: &[EventRecord]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Events" {
            table.wide {
                thead {
                    tr {
                        th.number scope="col" { "Event" }
                        th scope="col" { "State" }
                        th.number scope="col" { "Attempts" }
                        th.number scope="col" { "Age" }
                        th scope="col" { "Kind" }
                        th scope="col" { "Room" }
                        th scope="col" { "Error" }
                    }
                }
                tbody {
                    @for record in records {
                        tr {
                            td.number { a href=(format!("event?sequence={}", record.sequence)) { (record.sequence) } }
                            td { @if record.is_suspect { "suspect" } @else { (record.state.name()) } }
                            td.number { (record.attempts) }
                            td.number { (words::age(record)) }
                            td { (record.kind) }
                            td { (record.room.as_deref().unwrap_or("–")) }
                            td { (words::beginning(record.error.as_deref().unwrap_or("–"), MAX_CHARS)) }
                        }
                    }
                }
            }
        }
    }
}
