//! The core's fixtures as cases: each form of each event, sent through every adapter.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Way,
    case::{Case, Encoding, ProviderName},
};

/// A form in which an event is sent, as far as the contract needs it.
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
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/room-hooks/src/testing/fixtures");
    let of = |name: &str, provider| of_folder(&folder.join(name), provider);
    [
        of("zego", ProviderName::Zego),
        of("zego/express", ProviderName::Zego),
        of("tencent", ProviderName::Tencent),
        of("trtc", ProviderName::Trtc),
    ]
    .concat()
}

fn of_folder(folder: &Path, provider: ProviderName) -> Vec<Case> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.is_file());
    files.sort();
    files.into_iter().flat_map(|file| of_file(&file, provider)).collect()
}

fn of_file(file: &Path, provider: ProviderName) -> Vec<Case> {
    let forms: BTreeMap<String, Form> =
        serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let kind = file.file_stem().unwrap().to_str().unwrap();
    let mut cases = Vec::new();
    for (name, form) in &forms {
        cases.push(case(&format!("{kind}, {name}"), provider, form));
        if provider == ProviderName::Zego && !form.sent.to_string().contains("null") {
            let name = format!("{kind}, {name}, as a form");
            cases.push(Case { encoding: Encoding::Form, ..case(&name, provider, form) });
        }
    }
    cases
}

fn case(name: &str, provider: ProviderName, form: &Form) -> Case {
    let typed = form.typed.as_ref().unwrap_or(&form.sent);
    let (provider_name, event) = match provider {
        ProviderName::Zego => ("zego", &typed["event"]),
        ProviderName::Tencent => ("tencent", &typed["CallbackCommand"]),
        ProviderName::Trtc => ("trtc", &typed["EventType"]),
    };
    let case = json!({ "name": name, "provider": provider_name, "status": 200 });
    Case {
        ways: Some(vec![Way::Extractor, Way::GuardAndExtractor, Way::Hooks]),
        event: Some(event.as_str().map_or_else(|| event.to_string(), str::to_owned)),
        room_id: Some(form.answers.room_id.clone().unwrap_or_default()),
        sent: Some(form.sent.clone()),
        typed_as: Some(typed.clone()),
        ..serde_json::from_value(case).unwrap()
    }
}
