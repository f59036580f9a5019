use std::{path::PathBuf, time::SystemTime};

use clap::Args;
use room_hooks::testing::SignedDelivery;

use crate::{Error, input, provider::ProviderName, recording::Record, terminal};

/// Where a recorded request is read from.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// An HTTP request as it went over the wire, or lines of a recording; `-` for standard input
    #[arg(value_name = "FILE", required_unless_present_any = ["body_file", "query", "headers"])]
    file: Option<PathBuf>,
    /// The query, without the question mark (Tencent)
    #[arg(long, conflicts_with = "file")]
    query: Option<String>,
    /// A header (TRTC)
    #[arg(long = "header", value_name = "NAME: VALUE", conflicts_with = "file", value_parser = header)]
    headers: Vec<(String, String)>,
    /// The body, byte for byte
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    body_file: Option<PathBuf>,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("it has no colon, as in `Sign: …`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

impl Source {
    pub(super) fn records(&self, provider: Option<ProviderName>) -> Result<Vec<Record>, Error> {
        let Some(file) = &self.file else {
            let body = self.body_file.as_deref().map(input::read).transpose()?.unwrap_or_default();
            let query = self.query.clone().unwrap_or_default();
            return Ok(vec![record(provider, "", &query, self.headers.clone(), &body)]);
        };
        let bytes = input::read(file)?;
        if bytes.trim_ascii_start().starts_with(b"{") {
            return recording(&bytes, provider);
        }
        Ok(vec![http(&bytes, provider)?])
    }
}

fn recording(bytes: &[u8], provider: Option<ProviderName>) -> Result<Vec<Record>, Error> {
    let mut records = Record::read_all(bytes)?;
    if let Some(provider) = provider {
        records.iter_mut().for_each(|(_, record)| record.provider = provider);
    }
    Ok(records.into_iter().map(|(_, record)| record).collect())
}

/// Takes a request apart. The body is all that follows the head, but for what a `Content-Length` leaves
/// out, an editor's final newline for one.
fn http(bytes: &[u8], provider: Option<ProviderName>) -> Result<Record, Error> {
    let (head, body) = [&b"\r\n\r\n"[..], b"\n\n"]
        .into_iter()
        .filter_map(|gap| {
            let at = bytes.windows(gap.len()).position(|window| window == gap)?;
            Some((&bytes[..at], &bytes[at + gap.len()..]))
        })
        .min_by_key(|(head, _)| head.len())
        .unwrap_or((bytes, b""));
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(_method), Some(target), Some(true)) =
        (words.next(), words.next(), words.next().map(|version| version.starts_with("HTTP/")))
    else {
        return Err(
            "this is neither an HTTP request nor a recording: an HTTP request begins with \
                    a line such as `POST /path?query HTTP/1.1`, a recording with `{`"
                .into(),
        );
    };
    let headers: Vec<_> = lines.filter_map(|line| header(line).ok()).collect();
    let value = |name: &str| {
        headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    if value("Transfer-Encoding").is_some() {
        return Err(
            "a chunked body cannot be read: record it with `room-hooks listen --record`".into()
        );
    }
    let length = value("Content-Length").and_then(|length| length.parse().ok());
    let body = match length {
        None => body,
        Some(length) => {
            let (body, rest) = body
                .split_at_checked(length)
                .ok_or("the body is shorter than its Content-Length")?;
            if !rest.trim_ascii().is_empty() {
                terminal::note(&format!(
                    "{} bytes behind the Content-Length are left out",
                    rest.len()
                ));
            }
            body
        }
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Ok(record(provider, path, query, headers.clone(), body))
}

fn record(
    provider: Option<ProviderName>,
    path: &str,
    query: &str,
    headers: Vec<(String, String)>,
    body: &[u8],
) -> Record {
    let named = ProviderName::ALL.into_iter().find(|provider| path.contains(provider.as_str()));
    let signs = |parameter: &str| {
        let name = parameter.split('=').next().unwrap_or_default();
        ["sign", "sdkappid"].contains(&name.to_ascii_lowercase().as_str())
    };
    // What it looks like tells more than where it was sent.
    let provider = provider.unwrap_or_else(|| {
        if headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Sign")) {
            ProviderName::Trtc
        } else if query.split('&').any(signs) {
            ProviderName::Tencent
        } else {
            named.unwrap_or(ProviderName::Zego)
        }
    });
    let delivery = SignedDelivery::new(query.to_owned(), headers, body.to_owned());
    Record::new(provider, SystemTime::now(), delivery).with_path(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_taken_apart_to_the_byte() {
        for gap in ["\r\n", "\n"] {
            let request = format!(
                "POST /x?a=b HTTP/1.1{gap}Sign: s:t{gap}content-length: 5{gap}{gap}a\r\n\r\nb"
            );
            let record = http(format!("{request}\n").as_bytes(), None).unwrap();
            assert_eq!(record.query, "a=b");
            assert_eq!(record.headers[0], ("Sign".to_owned(), "s:t".to_owned()));
            assert_eq!(record.provider, ProviderName::Trtc);
            assert_eq!(record.body().unwrap(), b"a\r\n\r\n");
        }
        assert!(http(b"hello", None).is_err());
        assert!(http(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx", None).is_err());
    }
}
