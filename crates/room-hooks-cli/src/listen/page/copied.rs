//! A delivery as text to paste elsewhere: a shell command, or a test in Rust. The text quotes all
//! data from the sender, so that none of it is run.

use std::fmt::Write;

use data_encoding::BASE64;
use room_hooks::testing::SignedDelivery;

use crate::{
    Error, event,
    provider::{ProviderName, Received},
    recording::Record,
    terminal::is_harmless,
};

/// The maximum size of an argument of the command. Linux rejects arguments of 128 KiB or more.
const MAX_ARGUMENT: usize = 64 * 1024;

/// A shell command that sends the delivery as recorded.
pub(super) fn as_curl(record: &Record, origin: &str) -> Result<String, Error> {
    let SignedDelivery { headers, body, .. } = record.as_recorded()?;
    let url = format!("{origin}{}", record.target());
    // `--data-raw`, because `--data-binary` would read a file if the body began with `@`.
    let (before, body) = match str::from_utf8(&body) {
        Ok(text) if text.len() <= MAX_ARGUMENT && text.chars().all(is_harmless) => {
            (String::new(), format!("--data-raw {}", quoted(text)))
        }
        _ => {
            let base64 = BASE64.encode(&body);
            (format!("echo {base64} | base64 -d | "), "--data-binary @-".to_owned())
        }
    };
    let mut line = format!("{before}curl --globoff {}", quoted(&visible(&url)));
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        // Otherwise, curl would add its own header.
        line += " -H 'Content-Type:'";
    }
    for (name, value) in &headers {
        let header = match value.as_str() {
            // With a colon, curl would omit an empty header.
            "" => format!("{name};"),
            value => format!("{name}: {value}"),
        };
        write!(line, " -H {}", quoted(&visible(&header)))?;
    }
    Ok(format!("{line} {body}"))
}

/// Quotes a text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Replaces characters that could control a terminal. No signature contains them.
fn visible(text: &str) -> String {
    text.chars().map(|character| if is_harmless(character) { character } else { '?' }).collect()
}

/// A test that verifies the delivery as of its time of arrival, so that it never becomes stale.
pub(super) fn as_test(
    record: &Record,
    received: Option<&Received>,
    app_id: u64,
) -> Result<String, Error> {
    let SignedDelivery { query, headers, body, .. } = record.as_recorded()?;
    let (module, provider, variable) = match record.provider {
        ProviderName::Zego => ("zego", "Zego", "ZEGO_CALLBACK_SECRET"),
        ProviderName::Tencent => ("tencent", "Tencent", "TENCENT_TOKEN"),
        ProviderName::Trtc => ("trtc", "Trtc", "TRTC_KEY"),
    };
    let asks = received.is_some_and(|received| received.asks);
    let any = format!("{module}::{}", if asks { "Question" } else { "Event" });
    let type_name = received.map(|received| event::type_name(record.provider, received.kind));
    let type_name = type_name.filter(|name| *name != "RawEvent").unwrap_or(&any);
    // `Debug` escapes quotes, control characters, and characters that reverse or hide others.
    let body = match str::from_utf8(&body) {
        Ok(text) => format!("{text:?}.as_bytes()"),
        Err(_) => format!("b\"{}\"", body.escape_ascii()),
    };
    let owned =
        |(name, value): &(String, String)| format!("({name:?}.to_owned(), {value:?}.to_owned())");
    let headers = headers.iter().map(owned).collect::<Vec<_>>().join(", ");
    let is_read = received.is_some_and(|received| received.unreadable.is_none());
    let verdict = if is_read { "unwrap" } else { "unwrap_err" };
    Ok(format!(
        r#"#[test]
fn a_recorded_delivery_is_read() {{
    use std::time::{{Duration, SystemTime}};

    use room_hooks::{{Delivery, Receiver, {module}::{{self, {provider}}}}};

    // The secret that signed it.
    let secret = std::env::var("{variable}").unwrap();
    let receiver = Receiver::new({provider}::new({app_id}, secret).unwrap());
    let body = {body};
    let headers: Vec<(String, String)> = vec![{headers}];
    let delivery = Delivery::new(body).with_query({query:?}).with_headers(&headers);
    let received_at = SystemTime::UNIX_EPOCH + Duration::from_millis({at});
    let received = receiver.receive::<{type_name}>(delivery, received_at);
    println!("{{:?}}", received.{verdict}());
}}
"#,
        at = record.at,
    ))
}
