//! Lines of access logs in the common and the combined format, as Apache and nginx write them.

use super::{Arrival, Request, http, time};

/// The requests in a log; empty if the text is something else. Lines in other formats are skipped.
pub(super) fn read(text: &str) -> Vec<Request> {
    let lines = (1..).zip(text.lines());
    lines.filter_map(|(number, line)| request(number, line)).collect()
}

/// The request of a line such as `192.0.2.1 - - [10/Sep/2025:10:26:40 +0000] "POST /path?query
/// HTTP/1.1" 401 0 "-" "-"`. The part before the date differs among servers and log collectors.
fn request(number: usize, line: &str) -> Option<Request> {
    const DATE: usize = "10/Sep/2025:10:26:40 +0000".len();
    let (arrived, rest) = line.match_indices('[').find_map(|(at, _)| {
        let (date, rest) = line[at + 1..].split_at_checked(DATE)?;
        Some((time::of_access_log(date)?, rest.strip_prefix("] \"")?))
    })?;
    let (sent, rest) = unescaped(rest)?;
    let (method, target) = http::request_line(&sent)?;
    let status = rest.trim_start().split(' ').next().and_then(|status| status.parse().ok());
    Some(Request {
        place: Some(format!("line {number}")),
        arrival: Some(Arrival::Captured(arrived)),
        answered: status,
        ..Request::new(method, target)
    })
}

/// Unescapes a text up to the quotation mark at its end. Returns it, and the rest. nginx writes a
/// byte as `\x22`; Apache also writes `\"`, `\\` and `\n`.
fn unescaped(text: &str) -> Option<(String, &str)> {
    let (mut written, mut rest) = (Vec::new(), text);
    loop {
        let at = rest.find(['"', '\\'])?;
        written.extend_from_slice(&rest.as_bytes()[..at]);
        if rest.as_bytes()[at] == b'"' {
            return Some((String::from_utf8_lossy(&written).into_owned(), &rest[at + 1..]));
        }
        let escape = &rest[at + 1..];
        let hex = escape.strip_prefix('x').and_then(|digits| digits.get(..2));
        let byte = hex.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (byte, length) = match (byte, escape.as_bytes().first()?) {
            (Some(byte), _) => (byte, 3),
            (None, b'n') => (b'\n', 1),
            (None, b'r') => (b'\r', 1),
            (None, b't') => (b'\t', 1),
            (None, other) if other.is_ascii() => (*other, 1),
            _ => return None,
        };
        written.push(byte);
        rest = &escape[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_the_query_the_time_and_the_status() {
        for line in [
            r#"192.0.2.1 - - [10/Sep/2025:10:26:40 +0000] "POST /x?a=\x22b HTTP/1.1" 401 0"#,
            r#"::1 - joe [10/Sep/2025:10:26:40 +0000] "POST /x?a=\"b HTTP/2.0" 401 0 "-" "a \
               \"b\"""#,
            r#"web-1  | example.com:443 [::1] - - [10/Sep/2025:10:26:40 +0000] "POST /x?a="b \
               HTTP/1.1" 401 0"#,
        ] {
            let read = read(line);
            // The last line is not escaped, so the request cannot be separated from the rest.
            let Some(request) = read.first() else {
                assert!(line.contains("?a=\"b"), "{line}");
                continue;
            };
            assert_eq!((request.path.as_str(), request.query.as_deref()), ("/x", Some("a=\"b")));
            assert_eq!(request.answered, Some(401));
            assert!(request.body.is_none() && request.headers.is_none());
        }
    }

    #[test]
    fn other_lines_are_left_out() {
        let log = "started\n[10/Sep/2025:10:26:40 +0000] \"\\x16\\x03\" 400 0\n192.0.2.1 - - \
                   [10/Sep/2025:10:26:40 +0000] \"POST /x HTTP/1.1\" 200 0\n[x] \"\\";
        let requests = read(log);
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].place.as_deref(), Some("line 3"));
    }
}
