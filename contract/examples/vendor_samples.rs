//! Sends every JSON sample on ZEGO's callback pages through the core and reports the results.
//!
//! Run `cargo run -p room-hooks-contract --example vendor_samples -- PATH`, where PATH is a
//! checkout of `ZEGOCLOUD/docs_all`, the source of the ZEGO documentation. Each sample is re-signed
//! in its own spelling. It must be accepted, refused with another signature, and refused if a
//! security-relevant member appears in two spellings. The program fails if any sample is handled
//! differently, or if it finds none.

#![expect(clippy::print_stdout, reason = "a command-line program prints its results")]

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, SystemTime},
};

use room_hooks::{
    Callback, Delivery, NotDelivered, Receiver, Verified, adapter::Received, zego::Zego,
};
use room_hooks_contract::signature;
use serde_json::{Map, Value};

const SECRET: &str = "a secret of this program";
const APP: u64 = 1234567890;
const NOW: u64 = 1_767_225_600;

fn main() -> ExitCode {
    let Some(root) = env::args_os().nth(1) else {
        println!("usage: vendor_samples PATH, where PATH is a checkout of ZEGOCLOUD/docs_all");
        return ExitCode::from(2);
    };
    match run(Path::new(&root)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            println!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run(root: &Path) -> Result<bool, Box<dyn Error>> {
    let mut counts = BTreeMap::<&str, usize>::new();
    let mut raw = BTreeMap::<String, usize>::new();
    let mut pages = Vec::new();
    find_pages(root, &mut pages)?;
    pages.sort();
    for page in pages {
        let text = fs::read_to_string(&page)?;
        let shown = page.strip_prefix(root).unwrap_or(&page).display().to_string();
        for block in json_blocks(&text) {
            let Some(sample) = read(&block) else {
                *counts.entry("not JSON").or_default() += 1;
                println!("not JSON: {shown}");
                continue;
            };
            // Most samples without an envelope are responses.
            let Some(envelope) = Envelope::of(&sample) else { continue };
            let outcome = match check(&sample, &envelope) {
                Ok(verified) => {
                    let is_typed = verified.event.kind() != "raw";
                    if is_typed {
                        report_untyped(&shown, &sample, &verified);
                    } else {
                        *raw.entry(verified.event.name().to_owned()).or_default() += 1;
                    }
                    if is_typed { "typed" } else { "raw" }
                }
                Err(reason) => {
                    println!("WRONG: {shown}: {reason}");
                    "wrong"
                }
            };
            *counts.entry(outcome).or_default() += 1;
        }
    }
    println!("\nraw events: {raw:?}");
    println!("samples: {counts:?}");
    let count = |outcome| counts.get(outcome).copied().unwrap_or_default();
    Ok(count("wrong") == 0 && count("typed") > 0 && count("raw") > 0)
}

fn find_pages(folder: &Path, pages: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_page = path.extension().is_some_and(|end| end == "mdx" || end == "md");
        if path.is_dir() {
            find_pages(&path, pages)?;
        } else if is_page && path.to_string_lossy().to_lowercase().contains("callback") {
            pages.push(path);
        }
    }
    Ok(())
}

fn json_blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("```json") {
            let block = lines.by_ref().take_while(|line| !line.trim_start().starts_with("```"));
            blocks.push(block.collect::<Vec<_>>().join("\n"));
        }
    }
    blocks
}

/// Parses a sample. If that fails, removes comments, corrects commas and tries again, because some
/// samples were edited by hand.
fn read(block: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(block).or_else(|_| serde_json::from_str(&mended(block))).ok()
}

fn mended(block: &str) -> String {
    let mut text = String::new();
    // A comment follows a space; the slashes of a URL do not.
    let lines =
        block.lines().map(|line| line.split_once(" //").map_or(line, |(line, _)| line).trim());
    for line in lines.filter(|line| !line.starts_with("//") && *line != "...") {
        let ends =
            text.ends_with(['"', '}', ']']) || text.ends_with(|end: char| end.is_ascii_digit());
        if ends && line.starts_with(['"', '{']) {
            text.push(',');
        }
        text += line;
    }
    text.replace(",,", ",").replace(",}", "}").replace(",]", "]")
}

/// A sample's names for the members that its signature needs.
struct Envelope {
    app_id: String,
    timestamp: String,
    nonce: String,
    signature: String,
}

impl Envelope {
    fn of(sample: &Map<String, Value>) -> Option<Self> {
        let spelled = |known: &str| {
            let is_known = |name: &&String| name.replace('_', "").to_lowercase() == known;
            sample.keys().find(is_known).cloned()
        };
        Some(Self {
            app_id: spelled("appid")?,
            timestamp: spelled("timestamp")?,
            nonce: spelled("nonce")?,
            signature: spelled("signature")?,
        })
    }
}

/// Signs a sample, keeping its units and types, and returns the core's result.
fn check(
    sample: &Map<String, Value>,
    envelope: &Envelope,
) -> Result<Verified<Received<Zego>>, String> {
    let mut signed = sample.clone();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let like = |sample: &Value, number: u64| match sample {
        Value::String(_) => Value::from(number.to_string()),
        _ => number.into(),
    };
    let in_millis = text(&sample[&envelope.timestamp]).len() == 13;
    let timestamp = like(&sample[&envelope.timestamp], if in_millis { NOW * 1000 } else { NOW });
    let nonce = text(&sample[&envelope.nonce]);
    let is_nonce = !nonce.is_empty() && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let nonce = if is_nonce { nonce } else { "350176".to_owned() };
    let signature = signature::zego(SECRET, &text(&timestamp), &nonce);
    signed.insert(envelope.app_id.clone(), like(&sample[&envelope.app_id], APP));
    signed.insert(envelope.timestamp.clone(), timestamp);
    signed.insert(envelope.nonce.clone(), nonce.into());
    signed.insert(envelope.signature.clone(), signature.into());

    let verified = receive(&signed).map_err(|refused| format!("{refused:?}"))?;
    let mut forged = signed.clone();
    forged.insert(envelope.signature.clone(), "0".repeat(40).into());
    expect(&forged, 401)?;
    for name in [&envelope.app_id, &envelope.timestamp, &envelope.nonce, &envelope.signature] {
        let mut twice = signed.clone();
        twice.insert(format!("{}_", name.to_uppercase()), signed[name].clone());
        expect(&twice, 400)?;
    }
    Ok(verified)
}

fn expect(body: &Map<String, Value>, status: u16) -> Result<(), String> {
    let seen = receive(body).map_or_else(|not_delivered| not_delivered.status(), |_| 200);
    if seen == status { Ok(()) } else { Err(format!("status {seen}, expected {status}: {body:?}")) }
}

fn receive(body: &Map<String, Value>) -> Result<Verified<Received<Zego>>, NotDelivered> {
    let receiver = Receiver::new(Zego::new(APP, SECRET).expect("the secret is good"));
    let body = Value::Object(body.clone()).to_string();
    receiver
        .receive(Delivery::new(body.as_bytes()), SystemTime::UNIX_EPOCH + Duration::from_secs(NOW))
}

/// Prints the members of a sample that its type lacks, at any depth.
fn report_untyped(page: &str, sample: &Map<String, Value>, verified: &Verified<Received<Zego>>) {
    let typed = serde_json::to_value(&verified.event).unwrap_or_default();
    let mut missing = Vec::new();
    find_untyped("", &Value::Object(sample.clone()), &typed, &mut missing);
    let signing = ["appid", "timestamp", "nonce", "signature"];
    missing.retain(|path| !signing.contains(&&*path[1..].replace('_', "").to_lowercase()));
    if !missing.is_empty() {
        println!("untyped in {}: {missing:?}: {page}", verified.event.kind());
    }
}

fn find_untyped(path: &str, sample: &Value, typed: &Value, missing: &mut Vec<String>) {
    match sample {
        // Null members, and empty strings in place of numbers, are not serialized.
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        _ if typed.is_null() => missing.push(path.to_owned()),
        Value::Object(members) => {
            for (name, value) in members {
                find_untyped(&format!("{path}/{name}"), value, &typed[name], missing);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                find_untyped(&format!("{path}/{index}"), value, &typed[index], missing);
            }
        }
        _ => {}
    }
}
