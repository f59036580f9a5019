//! The dead events with one error.

use std::{ops::RangeInclusive, sync::Arc};

use axum::{
    Form,
    extract::{
        Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    response::{IntoResponse, Response},
};
use maud::html;
use room_hooks::inbox::{EventRecord, EventState, InboxStore};
use serde::Deserialize;

use crate::layout::Page;

use super::{
    MAX_SCANNED, SITE, Sequence,
    action::{Action, events},
    list::{MAX_SHOWN, table},
    matching::Pages,
    problem::Problem,
};

/// An error without its numbers, so that "attempt 8 fails" and "attempt 9 fails" are one group.
pub(super) fn folded(error: Option<&str>) -> String {
    let mut folded = String::new();
    for character in error.unwrap_or_default().chars() {
        match character.is_ascii_digit() {
            true if folded.ends_with('#') => {}
            true => folded.push('#'),
            false => folded.push(character),
        }
    }
    folded
}

/// The title of a group.
pub(super) fn title(folded: &str) -> &str {
    if folded.is_empty() { "(no error)" } else { folded }
}

/// A group, named by one of its events, because the text of its error may be too long for a URL.
#[derive(Deserialize)]
pub(super) struct Parameters {
    of: Sequence,
}

pub(super) async fn show(
    State(inbox): State<Arc<dyn InboxStore>>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(Parameters { of: Sequence(of) }) = parameters?;
    let (record, _) = inbox.get(of).await?.ok_or(Problem::NoEvent(of))?;
    if record.state != EventState::Dead {
        return Err(Problem::NotDead(of));
    }
    let error = folded(record.error.as_deref());
    let mut first = Vec::new();
    let (mut sequences, mut scanned) = (Vec::new(), 0);
    let mut pages = Pages::new(&*inbox, Some(EventState::Dead), 0);
    while scanned < MAX_SCANNED
        && let Some(page) = pages.next().await?
    {
        scanned += page.len();
        for record in page.into_iter().filter(|record| is_of(record, &error)) {
            sequences.push(record.sequence);
            if first.len() < MAX_SHOWN {
                first.push(record);
            }
        }
    }
    let (count, shown) = (events(sequences.len() as u64), to_text(&sequences));
    let fields = [("error", error.as_str()), ("events", &shown)];
    let content = html! {
        pre.bad { (title(&error)) }
        p {
            (count) " failed permanently with this error; " code { "#" } " stands for any number."
            @if scanned >= MAX_SCANNED { " Only the first " (scanned) " dead events were examined." }
        }
        @if !sequences.is_empty() {
            // An action skips events that died after the page was shown, because the operator has
            // not confirmed them.
            (Action::Retry.form("retry-group", &count, &fields))
            (Action::Discard.form("discard-group", &count, &fields))
            (table(&first))
            @if first.len() < sequences.len() {
                p.quiet { "The first " (first.len()) " are shown. The actions apply to all " (sequences.len()) "." }
            }
        }
    };
    Ok(Page { title: "Dead events with one error", site: SITE, content }.into_response())
}

fn is_of(record: &EventRecord, error: &str) -> bool {
    folded(record.error.as_deref()) == error
}

/// A group as it was shown.
#[derive(Deserialize)]
pub(super) struct Shown {
    error: String,
    events: String,
}

pub(super) async fn retry(
    State(inbox): State<Arc<dyn InboxStore>>,
    shown: Result<Form<Shown>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(shown) = shown?;
    apply(Action::Retry, &inbox, &shown).await
}

pub(super) async fn discard(
    State(inbox): State<Arc<dyn InboxStore>>,
    shown: Result<Form<Shown>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(shown) = shown?;
    apply(Action::Discard, &inbox, &shown).await
}

/// Acts on the events that were shown and are still in the group. Skips events that joined it
/// later, because the operator has not confirmed them, and events that were retried and then died
/// of another error.
async fn apply(
    action: Action,
    inbox: &Arc<dyn InboxStore>,
    shown: &Shown,
) -> Result<Response, Problem> {
    let ranges = from_text(&shown.events).ok_or(Problem::Request("The form cannot be read."))?;
    let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else {
        return Err(Problem::Request("The form names no event."));
    };
    let mut sequences = Vec::new();
    let mut pages = Pages::new(&**inbox, Some(EventState::Dead), first.start() - 1);
    let mut scanned = 0;
    while scanned < MAX_SCANNED
        && let Some(page) = pages.next().await?
    {
        scanned += page.len();
        let is_shown = |record: &&EventRecord| contains(&ranges, record.sequence);
        let of_group = page.iter().filter(is_shown).filter(|record| is_of(record, &shown.error));
        sequences.extend(of_group.map(|record| record.sequence));
        if page.last().is_some_and(|record| record.sequence >= *last.end()) {
            break;
        }
    }
    let mut outcome = action.outcome(inbox, &sequences).await?;
    outcome.unchanged = count(&ranges).saturating_sub(outcome.changed);
    Ok(outcome.redirect("overview"))
}

type Ranges = Vec<RangeInclusive<i64>>;

/// Writes ascending sequences as `17-20,25`: after an outage, thousands of events are dead, and
/// most of their sequences are consecutive.
fn to_text(sequences: &[i64]) -> String {
    let of_run = |run: &[i64]| match run {
        [first, .., last] => format!("{first}-{last}"),
        [only] => only.to_string(),
        [] => String::new(),
    };
    let runs = sequences.chunk_by(|one, next| one + 1 == *next);
    runs.map(of_run).collect::<Vec<_>>().join(",")
}

/// Parses the text of [`to_text`]. `None` if it is invalid, or has more events than a page reads.
fn from_text(text: &str) -> Option<Ranges> {
    let mut ranges = Ranges::new();
    for run in text.split(',') {
        let (first, last) = run.split_once('-').unwrap_or((run, run));
        let range = first.parse().ok()?..=last.parse().ok()?;
        let after = ranges.last().map_or(0, |range| *range.end());
        if *range.start() <= after || range.is_empty() {
            return None;
        }
        ranges.push(range);
    }
    (count(&ranges) as usize <= MAX_SCANNED).then_some(ranges)
}

fn count(ranges: &[RangeInclusive<i64>]) -> u32 {
    let of_range = |range: &RangeInclusive<i64>| (range.end() - range.start()).saturating_add(1);
    let count = ranges.iter().map(of_range).fold(0, i64::saturating_add);
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn contains(ranges: &[RangeInclusive<i64>], sequence: i64) -> bool {
    let at = ranges.partition_point(|range| *range.end() < sequence);
    ranges.get(at).is_some_and(|range| range.contains(&sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_differ_in_numbers_are_one_group() {
        assert_eq!(folded(Some("attempt 8 fails")), folded(Some("attempt 19 fails")));
        assert_eq!(folded(Some("os error 111")), "os error #");
        assert_ne!(folded(Some("refused")), folded(Some("timed out")));
        assert_eq!(folded(None), "");
    }

    #[test]
    fn sequences_survive_their_form() {
        let sequences = [1, 2, 3, 7, 9, 10];
        let text = to_text(&sequences);
        assert_eq!(text, "1-3,7,9-10");
        let ranges = from_text(&text).unwrap();
        assert!((0..12).filter(|sequence| contains(&ranges, *sequence)).eq(sequences));
        assert_eq!(count(&ranges), 6);
        for wrong in
            ["", "x", "-1", "0", "3-1", "1-3,3", "5,1", "1-", "1-9223372036854775807", "1,,2"]
        {
            assert!(from_text(wrong).is_none(), "{wrong}");
        }
    }
}
