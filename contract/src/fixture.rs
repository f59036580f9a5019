//! Turns the core's fixtures into cases: each form of each event, sent through every adapter.

use std::{collections::BTreeMap, fs};

use room_hooks::testing::{Sample, samples};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Way,
    case::{Case, Encoding},
};

/// A form of an event, with the fields that the contract needs.
#[derive(Deserialize)]
struct Form {
    sent: Value,
    typed: Option<Value>,
    answers: Answers,
}

#[derive(Deserialize)]
struct Answers {
    room_id: Option<String>,
}

pub(crate) fn cases() -> Vec<Case> {
    samples().flat_map(|sample| of_sample(&sample)).collect()
}

fn of_sample(sample: &Sample) -> Vec<Case> {
    let file = format!(
        "{}/../crates/room-hooks/src/testing/fixtures/{}/{}.json",
        env!("CARGO_MANIFEST_DIR"),
        sample.provider,
        sample.kind
    );
    let forms: BTreeMap<String, Form> =
        serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let mut cases = Vec::new();
    for (name, form) in &forms {
        let name = format!("{}, {name}", sample.kind);
        cases.push(case(&name, sample, form));
        if sample.provider == "zego" && !form.sent.to_string().contains("null") {
            let name = format!("{name}, as a form");
            cases.push(Case { encoding: Encoding::Form, ..case(&name, sample, form) });
        }
    }
    cases
}

fn case(name: &str, sample: &Sample, form: &Form) -> Case {
    let case = json!({ "name": name, "provider": sample.provider, "status": 200 });
    Case {
        ways: Some(vec![Way::Extractor, Way::GuardAndExtractor, Way::Hooks]),
        event: Some(sample.name.to_owned()),
        room_id: Some(form.answers.room_id.clone().unwrap_or_default()),
        sent: Some(form.sent.clone()),
        typed_as: Some(form.typed.clone().unwrap_or_else(|| form.sent.clone())),
        ..serde_json::from_value(case).unwrap()
    }
}
