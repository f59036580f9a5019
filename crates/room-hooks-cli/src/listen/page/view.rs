//! The HTML of the page.

use std::{collections::HashSet, time::Duration};

use maud::{Markup, html};
use serde_json::Value;

use crate::{
    listen::passed::{self, Passed},
    provider::{ProviderName, Received},
    verify::{Report, Step, Verdict},
};

use super::{
    Filter, copied, json,
    ring::{Entry, LIMIT},
};

/// The list, newest first.
pub(super) fn deliveries<'a>(
    newest_first: impl Iterator<Item = &'a Entry>,
    newest: u64,
    filter: &Filter,
    message: Option<&str>,
) -> Markup {
    html! {
        @if let Some(message) = message { p role="status" { (message) } }
        form method="get" {
            label {
                "Provider"
                select name="provider" {
                    option value="" { "all" }
                    @for name in ProviderName::ALL {
                        option value=(name) selected[filter.provider == Some(name)] { (name) }
                    }
                }
            }
            label {
                "Verdict"
                select name="verdict" {
                    option value="" { "all" }
                    @for verdict in passed::Verdict::ALL {
                        option value=(verdict.name()) selected[filter.verdict == Some(verdict)] {
                            (verdict.name())
                        }
                    }
                }
            }
            label {
                "Event, type or room contains"
                input type="search" name="text" value=(filter.text);
            }
            button { "Filter" }
        }
        p.quiet data-live-status aria-live="polite" { "Without JavaScript, reload the page to see new deliveries." }
        div.scroll {
            table {
                thead { tr {
                    th scope="col" { "Time" } th scope="col" { "Provider" } th scope="col" { "Event" }
                    th scope="col" { "Rust type" } th scope="col" { "Room" }
                    th scope="col" { "Response" } th.number scope="col" { "Took" }
                } }
                tbody data-live=(format!("live?after={newest}&{}", filter.query())) data-limit=(LIMIT) {
                    @for entry in newest_first { (row(entry)) }
                }
            }
        }
    }
}

pub(super) fn row(entry: &Entry) -> Markup {
    let passed = &entry.passed;
    html! {
        tr {
            td.short { a href=(format!("delivery?id={}", entry.id)) { (passed.time()) } }
            td.short { (passed.record.provider) }
            td { (passed.event()) }
            td { code { (passed.type_name()) } }
            td { (passed.room()) }
            td { (answer(passed)) }
            td.number { (millis(entry.took)) }
        }
    }
}

fn answer(passed: &Passed) -> Markup {
    let class = if passed.verdict() == passed::Verdict::Acknowledged { "good" } else { "bad" };
    html! { strong class=(class) { (passed.status) } " " (passed.outcome()) }
}

/// The details that are computed for the page of a delivery.
pub(super) struct Context<'a> {
    pub(super) report: &'a Report,
    /// The sent event, as JSON.
    pub(super) document: Option<&'a Value>,
    /// The paths of the members that its type does not have.
    pub(super) unknown: HashSet<String>,
    /// The origin of `listen`.
    pub(super) origin: &'a str,
    pub(super) app_id: u64,
    /// Whether the event may be edited.
    pub(super) may_edit: bool,
}

/// The page of one delivery.
pub(super) fn delivery(entry: &Entry, context: &Context<'_>) -> Markup {
    let passed = &entry.passed;
    let received = passed.received();
    html! {
        dl {
            dt { "Arrived" } dd { (humantime::format_rfc3339_millis(passed.record.at())) }
            dt { "Provider" } dd { (passed.record.provider) }
            dt { "Event" } dd { (passed.event()) }
            dt { "Rust type" } dd { code { (passed.type_name()) } }
            dt { "Room" } dd { (passed.room()) }
            dt { "Response" } dd { (answer(passed)) " in " (millis(entry.took)) }
        }
        h2 { "Verification" }
        (verification(context.report))
        @if let Some(document) = context.document {
            (events(document, received, &context.unknown))
        }
        h2 { "Request" }
        pre tabindex="0" { (request(entry)) }
        @if entry.passed.is_whole { (copies(entry, received, context)) }
        (actions(entry, context))
    }
}

/// The steps of the verification, and likely causes.
fn verification(report: &Report) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr {
                    th scope="col" { "Step" } th scope="col" { "Detail" } th scope="col" { "Value" }
                } }
                tbody {
                    @for Step { step, name, text } in &report.steps {
                        tr { td.short { (step) } td.short { (name) } td { code { (text) } } }
                    }
                }
            }
        }
        @if let Some(Verdict { is_good, word, rest }) = &report.verdict {
            p { strong class=(if *is_good { "good" } else { "bad" }) { (word) } (rest) }
        }
        @for (label, text) in &report.advice { p role="note" { strong { (label) } ": " (text) } }
    }
}

/// The JSON that was sent, next to the event that a handler receives.
fn events(document: &Value, received: Option<&Received>, unknown: &HashSet<String>) -> Markup {
    let typed = received.and_then(|received| serde_json::from_str::<Value>(&received.data).ok());
    html! {
        div.columns {
            section {
                h2 { "Sent" }
                pre tabindex="0" { (json::show(document, unknown)) }
                @if !unknown.is_empty() {
                    p.quiet { "The type does not have the " mark { "marked" } " members." }
                }
            }
            section {
                h2 { "Typed event" }
                @match typed {
                    Some(typed) => pre tabindex="0" { (json::show(&typed, &HashSet::new())) },
                    None => p.quiet { "No handler receives this delivery." },
                }
            }
        }
    }
}

/// The headers whose values are shown. Any other value may be a credential.
const SHOWN: [&str; 17] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "expect",
    "forwarded",
    "host",
    "sdkappid",
    "sign",
    "transfer-encoding",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-proto",
];

/// The request as it arrived, without the values of other headers.
fn request(entry: &Entry) -> String {
    let record = &entry.passed.record;
    let mut text = format!("{} {}\n", entry.passed.method, record.target());
    for (name, value) in &entry.headers {
        let value = match SHOWN.contains(&name.as_str()) {
            true => String::from_utf8_lossy(value.as_bytes()),
            false => "(not shown)".into(),
        };
        text += &format!("{name}: {value}\n");
    }
    let body = record.body().unwrap_or_default();
    text + "\n" + &String::from_utf8_lossy(&body)
}

fn copies(entry: &Entry, received: Option<&Received>, context: &Context<'_>) -> Markup {
    let record = &entry.passed.record;
    let curl = copied::as_curl(record, context.origin).unwrap_or_default();
    let test = copied::as_test(record, received, context.app_id).unwrap_or_default();
    let copy = |id: &str, label: &str, text: &str| {
        html! {
            details {
                summary { (label) }
                pre id=(id) tabindex="0" { (text) }
                button type="button" data-copy=(id) { "Copy" }
            }
        }
    };
    html! {
        (copy("curl", "As curl", &curl))
        (copy("test", "As Rust test", &test))
    }
}

fn actions(entry: &Entry, context: &Context<'_>) -> Markup {
    if !entry.passed.is_whole {
        return html! {
            p.quiet { "The request was not a POST or did not arrive completely, so it cannot be sent again." }
        };
    }
    let id = entry.id.to_string();
    let is_verified = entry.passed.record.verified().is_ok();
    let body = entry.passed.record.body().unwrap_or_default();
    html! {
        h2 { "Send again" }
        form method="post" action="again" {
            input type="hidden" name="id" value=(id);
            button name="as" value="recorded" { "Send as recorded" }
            @if is_verified { button name="as" value="resigned" { "Send with a new signature" } }
        }
        @if !is_verified {
            p.quiet { "The delivery was not verified when it arrived, so it cannot be re-signed or edited." }
        } @else if !context.may_edit {
            p.quiet { "The delivery cannot be edited, because `listen` may forward to another machine." }
        } @else {
            details {
                summary { "Edit and send" }
                form method="post" action="edited" {
                    input type="hidden" name="id" value=(id);
                    label.whole {
                        "Event"
                        textarea name="event" spellcheck="false" {
                            (edited(context.document, &body))
                        }
                    }
                    label.choice {
                        input type="checkbox" name="sign" value="yes";
                        "Sign it with the secret of `listen`"
                    }
                    button { "Send" }
                }
            }
        }
    }
}

/// The text to edit: the event or, if it cannot be read or is large, the body. Indentation can make
/// a deeply nested event a hundred times as long.
fn edited(document: Option<&Value>, body: &[u8]) -> String {
    const LARGE: usize = 64 * 1024;
    document
        .filter(|_| body.len() <= LARGE)
        .and_then(|document| serde_json::to_string_pretty(document).ok())
        .filter(|text| text.len() <= LARGE * 4)
        .unwrap_or_else(|| String::from_utf8_lossy(body).into_owned())
}

fn millis(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}
