//! The first page: counts, errors and rooms.

use std::{cmp::Reverse, collections::HashMap, hash::Hash, sync::Arc};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use room_hooks::inbox::{EventRecord, EventState, InboxError, InboxStats, InboxStore};
use serde::Deserialize;

use crate::layout::Page;

use super::{
    MAX_SCANNED, SITE,
    action::Outcome,
    group::{folded, title},
    list::{MAX_CHARS, events_link},
    matching::Pages,
    problem::Problem,
    words,
};

/// The maximum number of groups, and of rooms, on the page.
const MAX_ROWS: usize = 20;

#[derive(Deserialize)]
pub(super) struct Parameters {
    outcome: Option<Outcome>,
}

pub(super) async fn show(
    State(inbox): State<Arc<dyn InboxStore>>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(Parameters { outcome }) = parameters?;
    let stats = inbox.stats().await?;
    let mut seen = Seen::default();
    let are_all_dead = seen.scan(&*inbox, EventState::Dead).await?;
    let are_all_ready = seen.scan(&*inbox, EventState::Ready).await?;
    let bound = |is_all: bool, what: &str| {
        html! { @if !is_all { p.quiet { "Only the first " (MAX_SCANNED) " " (what) " events were examined." } } }
    };
    let content = html! {
        @if let Some(outcome) = outcome { (outcome.notice()) }
        (counts(&stats))
        h2 { "Dead events by error" }
        (seen.errors())
        (bound(are_all_dead, "dead"))
        h2 { "Rooms with the most ready and dead events" }
        (seen.rooms())
        (bound(are_all_dead && are_all_ready, "ready and dead"))
        p { a href="events" { "All events" } }
    };
    Ok(Page { title: "Overview", site: SITE, content }.into_response())
}

fn counts(stats: &InboxStats) -> Markup {
    let InboxStats { ready, leased, done, dead, oldest_ready, .. } = *stats;
    let counts = [
        (EventState::Ready, ready, "waiting for a worker or the next attempt"),
        (EventState::Leased, leased, "being handled by a worker"),
        (EventState::Done, done, "handled"),
        (EventState::Dead, dead, "failed permanently"),
    ];
    html! {
        ul.counts {
            @for (state, count, meaning) in counts {
                li {
                    a href=(events_link(&[("state", state.name())])) {
                        strong { (count) } (state.name())
                        " " span.quiet { (meaning) }
                    }
                }
            }
        }
        @if let Some(oldest) = oldest_ready {
            p { "The oldest ready event has been due for " (words::rough(oldest)) "." }
        }
    }
}

/// The groups and rooms of the ready and dead events that were read.
#[derive(Default)]
struct Seen {
    errors: HashMap<String, Group>,
    rooms: HashMap<String, Waiting>,
}

/// Dead events with one error.
struct Group {
    count: u64,
    /// The first of them.
    sequence: i64,
    age: String,
}

#[derive(Default)]
struct Waiting {
    ready: u64,
    dead: u64,
}

impl Seen {
    /// Reads the first events in a state. Returns whether these are all of them.
    async fn scan(
        &mut self,
        inbox: &dyn InboxStore,
        state: EventState,
    ) -> Result<bool, InboxError> {
        let mut pages = Pages::new(inbox, Some(state), 0);
        let mut scanned = 0;
        while let Some(page) = pages.next().await? {
            if scanned >= MAX_SCANNED && !page.is_empty() {
                return Ok(false);
            }
            scanned += page.len();
            for record in page {
                self.add(&record);
            }
        }
        Ok(true)
    }

    fn add(&mut self, record: &EventRecord) {
        let is_dead = record.state == EventState::Dead;
        if is_dead {
            let new = || Group { count: 0, sequence: record.sequence, age: words::age(record) };
            let error = folded(record.error.as_deref());
            self.errors.entry(error).or_insert_with(new).count += 1;
        }
        if let Some(room) = &record.room {
            let room = self.rooms.entry(room.clone()).or_default();
            if is_dead { room.dead += 1 } else { room.ready += 1 }
        }
    }

    fn errors(&self) -> Markup {
        if self.errors.is_empty() {
            return html! { p { "None." } };
        }
        let rows = most(&self.errors, |group| group.count);
        html! {
            div.scroll tabindex="0" role="region" aria-label="Dead events by error" {
                table {
                    thead {
                        tr {
                            th.number scope="col" { "Events" }
                            th.number scope="col" { "Oldest" }
                            th scope="col" { "Error, with " code { "#" } " for any number" }
                        }
                    }
                    tbody {
                        @for (error, group) in &rows {
                            tr {
                                td.number { (group.count) }
                                td.number { (group.age) }
                                td { a href=(format!("group?of={}", group.sequence)) { (words::beginning(title(error), MAX_CHARS)) } }
                            }
                        }
                    }
                }
            }
            (left_out(rows.len(), self.errors.len(), "errors"))
        }
    }

    fn rooms(&self) -> Markup {
        if self.rooms.is_empty() {
            return html! { p { "None." } };
        }
        let rows = most(&self.rooms, |room| room.ready + room.dead);
        let cell = |count: u64, state: EventState, room: &str| {
            let link = events_link(&[("state", state.name()), ("room", room)]);
            html! { td.number { @if count == 0 { "0" } @else { a href=(link) { (count) } } } }
        };
        html! {
            div.scroll tabindex="0" role="region" aria-label="Rooms" {
                table {
                    thead {
                        tr {
                            th.number scope="col" { "Ready" }
                            th.number scope="col" { "Dead" }
                            th scope="col" { "Room" }
                        }
                    }
                    tbody {
                        @for (name, room) in &rows {
                            tr {
                                (cell(room.ready, EventState::Ready, name))
                                (cell(room.dead, EventState::Dead, name))
                                td { a href=(events_link(&[("room", name)])) { (name) } }
                            }
                        }
                    }
                }
            }
            (left_out(rows.len(), self.rooms.len(), "rooms"))
        }
    }
}

/// The entries with the highest counts. Equal counts are sorted by name.
fn most<K: Ord + Hash, V>(all: &HashMap<K, V>, count: impl Fn(&V) -> u64) -> Vec<(&K, &V)> {
    let mut rows: Vec<_> = all.iter().collect();
    rows.sort_by_key(|(name, value)| (Reverse(count(value)), *name));
    rows.truncate(MAX_ROWS);
    rows
}

fn left_out(shown: usize, all: usize, what: &str) -> Markup {
    html! { @if shown < all { p.quiet { "The first " (shown) " of " (all) " " (what) "." } } }
}
