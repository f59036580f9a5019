//! Raw HTTP requests.

use httparse::{EMPTY_HEADER, Status};

use crate::{Error, terminal};

use super::{Arrival, Request, lines, time};

/// The maximum number of headers, more than any server accepts.
const MOST_HEADERS: usize = 256;

/// Parses a request, and those that follow it on the same connection.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Request>, Error> {
    let (mut requests, mut rest) = (Vec::<Request>::new(), bytes);
    while is_request(rest) {
        let (mut request, behind) = one(rest)?;
        rest = behind;
        while let Some(response) = Response::read(rest) {
            request.note_response(&response);
            rest = after_response(rest);
        }
        requests.push(request);
    }
    if let Some(last) = requests.last_mut()
        && !rest.trim_ascii().is_empty()
    {
        last.notes.push(format!("the {} bytes after the body are ignored", rest.len()));
    }
    Ok(requests)
}

/// The next message after a response. If the response does not say how long its body is, the body
/// ends where another message begins.
fn after_response(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.trim_ascii_start();
    let Ok((headers, Some(behind))) = headers(&bytes[first_line(bytes).len()..]) else {
        return b"";
    };
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Content-Length"));
    let length = length.and_then(|(_, length)| length.parse::<usize>().ok()).unwrap_or(0);
    let behind = behind.get(length..).unwrap_or_default();
    &behind[next_head(behind)..]
}

/// The start of the first line at which a message begins; the length if there is none.
fn next_head(bytes: &[u8]) -> usize {
    lines(bytes).take_while(|line| !begins_message(line)).map(<[u8]>::len).sum()
}

/// Whether the bytes begin with a line such as `POST /path HTTP/1.1`.
pub(super) fn is_request(bytes: &[u8]) -> bool {
    let line = first_line(bytes.trim_ascii_start());
    str::from_utf8(line).is_ok_and(|line| request_line(line).is_some())
}

pub(super) fn is_response(bytes: &[u8]) -> bool {
    Response::read(bytes).is_some()
}

/// The method and the target of a line such as `POST /path HTTP/1.1`.
pub(super) fn request_line(line: &str) -> Option<(&str, &str)> {
    let (rest, version) = line.trim_end().rsplit_once(' ')?;
    let (method, target) = rest.split_once(' ')?;
    let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_method && version.starts_with("HTTP/")).then_some((method, target))
}

/// The status and the date in the head of a response.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) date: Option<Arrival>,
}

impl Response {
    fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.trim_ascii_start();
        let head = String::from_utf8_lossy(bytes.get(..4096).unwrap_or(bytes));
        let mut lines = head.lines();
        let status = status(lines.next()?)?;
        let date = lines.take_while(|line| !line.is_empty()).find_map(date);
        Some(Self { status, date })
    }
}

/// The status of a line such as `HTTP/1.1 401 Unauthorized`.
pub(super) fn status(line: &str) -> Option<u16> {
    line.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()
}

/// The time, by the server's clock, in a line such as `Date: Wed, 10 Sep 2025 10:26:40 GMT`.
pub(super) fn date(line: &str) -> Option<Arrival> {
    let (name, value) = line.split_once(':')?;
    let is_date = name.eq_ignore_ascii_case("Date");
    time::of_http(value.trim()).filter(|_| is_date).map(Arrival::Responded)
}

fn one(bytes: &[u8]) -> Result<(Request, &[u8]), Error> {
    let bytes = bytes.trim_ascii_start();
    let line = first_line(bytes);
    let text = String::from_utf8_lossy(line);
    let (method, target) = request_line(&text).ok_or("the request line is invalid")?;
    let (headers, behind) = headers(&bytes[line.len()..])?;
    let mut request = Request::new(method, target);
    let values = |name: &str| -> Option<String> {
        let named = headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let values: Vec<_> = named.map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    };
    let codings = values("Transfer-Encoding").map(|codings| codings.to_ascii_lowercase());
    let length = values("Content-Length").map(|length| length.parse::<usize>());
    let (body, rest) = match (behind, codings.as_deref(), length) {
        // The capture has only the head, as from a debugger or a log.
        (None, ..) => (None, &b""[..]),
        (Some(b""), Some(_), _) => (None, &b""[..]),
        (Some(b""), _, Some(Ok(1..))) => (None, &b""[..]),
        (Some(body), Some("chunked"), _) => {
            unchunked(body).map(|(body, rest)| (Some(body), rest))?
        }
        (_, Some(codings), _) => {
            let codings = terminal::plain(codings);
            return Err(format!("the transfer encoding {codings} is not supported").into());
        }
        (_, None, Some(Err(_))) => return Err("the Content-Length is not a number".into()),
        (Some(body), None, Some(Ok(length))) => match body.split_at_checked(length) {
            Some((body, rest)) if rest.trim_ascii().is_empty() || begins_message(rest) => {
                (Some(body.to_vec()), rest)
            }
            split => match (with_other_line_breaks(body, length), split) {
                (Some((body, note)), _) => {
                    request.notes.push(note.to_owned());
                    (Some(body), &b""[..])
                }
                (None, Some((body, rest))) => (Some(body.to_vec()), rest),
                (None, None) => {
                    return Err(format!(
                        "the body has {} of the {length} bytes that Content-Length promises: it \
                         was cut off, or an editor changed it",
                        body.len()
                    )
                    .into());
                }
            },
        },
        // Nothing says how long the body is, so it ends where another message begins.
        (Some(body), None, None) => {
            let (body, rest) = body.split_at(next_head(body));
            (Some(body.to_vec()), rest)
        }
    };
    request.headers = Some(headers);
    request.body = body;
    Ok((request, rest))
}

fn begins_message(bytes: &[u8]) -> bool {
    is_request(bytes) || is_response(bytes)
}

/// The body before an editor changed its line breaks, if that body has the expected length, and a
/// note about it. The editor may also have added a line break at the end.
fn with_other_line_breaks(body: &[u8], length: usize) -> Option<(Vec<u8>, &'static str)> {
    let text = str::from_utf8(body).ok()?;
    let lf = text.replace("\r\n", "\n");
    let crlf = lf.replace('\n', "\r\n");
    let candidates = [
        (&*lf, "the line breaks of the body were changed to CR LF: it is read with LF"),
        (lf.trim_end(), "the line breaks of the body were changed to CR LF: it is read with LF"),
        (&crlf, "the line breaks of the body were changed to LF: it is read with CR LF"),
        (crlf.trim_end(), "the line breaks of the body were changed to LF: it is read with CR LF"),
    ];
    let (body, note) = candidates.into_iter().find(|(body, _)| body.len() == length)?;
    Some((body.as_bytes().to_vec(), note))
}

type Headers = Vec<(String, String)>;

/// The headers and, if an empty line ends them, the bytes after it.
fn headers(bytes: &[u8]) -> Result<(Headers, Option<&[u8]>), Error> {
    let complete = parse_headers(bytes)?;
    if let Some((headers, length)) = complete {
        return Ok((headers, Some(&bytes[length..])));
    }
    let closed = [bytes, b"\r\n\r\n"].concat();
    let (headers, _) = parse_headers(&closed)?.ok_or("the headers are cut off")?;
    Ok((headers, None))
}

fn parse_headers(bytes: &[u8]) -> Result<Option<(Headers, usize)>, Error> {
    let mut slots = [EMPTY_HEADER; MOST_HEADERS];
    let parsed = httparse::parse_headers(bytes, &mut slots)
        .map_err(|error| format!("the headers cannot be read: {error}"))?;
    let Status::Complete((length, headers)) = parsed else { return Ok(None) };
    let text = |header: &httparse::Header<'_>| {
        (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned())
    };
    Ok(Some((headers.iter().map(text).collect(), length)))
}

/// Decodes a chunked body. Returns the body, and the bytes after it.
fn unchunked(chunked: &[u8]) -> Result<(Vec<u8>, &[u8]), Error> {
    let mut body = Vec::new();
    let mut rest = chunked;
    let cut_off = |body: &[u8]| {
        format!("the chunked body is cut off after {} bytes: its last chunk is missing", body.len())
    };
    loop {
        let line = first_line(rest);
        if !line.ends_with(b"\n") {
            return Err(cut_off(&body).into());
        }
        let size = chunk_size(line).ok_or_else(|| {
            let read = body.len();
            format!("the chunked body is broken after {read} bytes: the size of a chunk is missing")
        })?;
        rest = &rest[line.len()..];
        if size == 0 {
            // Trailers are not signed.
            let behind = parse_headers(rest)?.map_or(rest.len(), |(_, length)| length);
            return Ok((body, &rest[behind..]));
        };
        let (chunk, behind) = rest.split_at_checked(size).ok_or_else(|| {
            let missing = size - rest.len();
            format!("the chunked body is cut off: the last chunk lacks {missing} of its bytes")
        })?;
        body.extend_from_slice(chunk);
        rest = match behind.strip_prefix(b"\r\n").or_else(|| behind.strip_prefix(b"\n")) {
            Some(behind) => behind,
            None if behind.len() < 2 => return Err(cut_off(&body).into()),
            None => {
                let read = body.len();
                return Err(format!(
                    "the chunked body is broken after {read} bytes: a chunk is longer than its size"
                )
                .into());
            }
        };
    }
}

/// The size in the first line of a chunk, which an editor may have ended with LF alone.
fn chunk_size(line: &[u8]) -> Option<usize> {
    let digits = str::from_utf8(line).ok()?.split(';').next()?.trim();
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    usize::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

fn first_line(bytes: &[u8]) -> &[u8] {
    lines(bytes).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(bytes: &[u8]) -> Request {
        let mut requests = read(bytes).unwrap();
        assert_eq!(requests.len(), 1);
        requests.remove(0)
    }

    #[test]
    fn a_request_is_parsed_to_the_byte() {
        for gap in ["\r\n", "\n"] {
            let request = format!(
                "POST /x?a=b HTTP/1.1{gap}Sign: s:t{gap}content-length: 5{gap}{gap}a\r\n\r\nbcd"
            );
            let request = only(format!("{request}\n").as_bytes());
            assert_eq!((request.path.as_str(), request.query.as_deref()), ("/x", Some("a=b")));
            assert_eq!(request.headers.unwrap()[0], ("Sign".to_owned(), "s:t".to_owned()));
            assert_eq!(request.body.unwrap(), b"a\r\n\r\n");
        }
    }

    #[test]
    fn requests_on_one_connection_and_a_response_are_told_apart() {
        let request = "POST /x HTTP/1.1\r\nContent-Length: 1\r\n\r\na";
        assert_eq!(read(format!("{request}{request}\r\n").as_bytes()).unwrap().len(), 2);
        let answered = "HTTP/1.1 401 No\r\nDate: Wed, 10 Sep 2025 10:26:40 GMT\r\n\r\nno";
        let request = only(format!("{request}{answered}").as_bytes());
        assert_eq!(request.answered, Some(401));
        assert!(matches!(request.arrival, Some(Arrival::Responded(_))));
    }

    /// A dialog, as from a packet analyzer.
    #[test]
    fn requests_that_follow_responses_are_read() {
        let request = "POST /x HTTP/1.1\r\nContent-Length: 1\r\n\r\na";
        for response in [
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.0 200 OK\nServer: x\n\nok\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n",
        ] {
            let read = read(format!("{request}{response}{request}{response}").as_bytes()).unwrap();
            let expected = if response.contains("999999") { 1 } else { 2 };
            assert_eq!(read.len(), expected, "{response}");
            assert!(read.iter().all(|request| request.answered.is_some()), "{response}");
        }
    }

    #[test]
    fn a_body_without_a_length_ends_where_the_next_message_begins() {
        let callback = "POST /x HTTP/1.1\r\nContent-Length: 1\r\n\r\na";
        for (first, body) in [
            ("GET /health HTTP/1.1\r\nHost: x\r\n\r\n", ""),
            ("POST /health HTTP/1.1\r\nHost: x\r\n\r\n", ""),
            ("POST /x HTTP/1.1\n\n{\n \"a\": 1}\n", "{\n \"a\": 1}\n"),
        ] {
            let requests = read(format!("{first}{callback}").as_bytes()).unwrap();
            assert_eq!(requests.len(), 2, "{first}");
            assert_eq!(requests[0].body.as_deref(), Some(body.as_bytes()));
            assert_eq!(requests[1].body.as_deref(), Some(&b"a"[..]));
        }
    }

    #[test]
    fn changed_line_breaks_are_restored_if_the_length_shows_the_original() {
        for (sent, saved) in [
            ("{\n\t\"a\": 1\n}", "{\r\n\t\"a\": 1\r\n}"),
            ("{\n\t\"a\": 1\n}", "{\r\n\t\"a\": 1\r\n}\r\n"),
            ("{\r\n\"a\": 1\r\n}", "{\n\"a\": 1\n}"),
            ("{\r\n\"a\": 1\r\n}", "{\n\"a\": 1\n}\n"),
        ] {
            let head = format!("POST /x HTTP/1.1\r\nContent-Length: {}\r\n\r\n", sent.len());
            let request = only(format!("{head}{saved}").as_bytes());
            assert_eq!(request.body.as_deref(), Some(sent.as_bytes()), "{saved:?}");
            assert_eq!(request.notes.len(), 1, "{saved:?}");
        }
    }

    #[test]
    fn a_head_alone_has_no_body() {
        for head in [
            "POST /x HTTP/1.1",
            "POST /x HTTP/2\nSign: s",
            "POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
            "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            assert_eq!(only(head.as_bytes()).body, None, "{head}");
        }
        assert_eq!(only(b"POST /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n").body.unwrap(), b"");
    }

    fn chunked(body: &str) -> String {
        format!("POST /x HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n{body}")
    }

    #[test]
    fn chunk_extensions_and_trailers_are_not_part_of_the_body() {
        for body in [
            "3\r\nabc\r\nA;name=\"value\"\r\n0123456789\r\n0\r\n\r\n",
            "003\r\nabc\r\na\r\n0123456789\r\n0;last\r\nChecksum: x\r\n\r\n",
            "d\r\nabc0123456789\r\n0\r\n",
            "d\nabc0123456789\n0\n\n",
        ] {
            assert_eq!(only(chunked(body).as_bytes()).body.unwrap(), b"abc0123456789", "{body}");
        }
    }

    #[test]
    fn a_body_that_is_cut_off_or_broken_is_an_error_that_says_so() {
        for (request, problem) in [
            ("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx".to_owned(), "1 of the 9 bytes"),
            ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\nx".to_owned(), "not a number"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nx".to_owned(), "not supported"),
            ("POST / HTTP/1.1\r\nno colon\r\n\r\nx".to_owned(), "headers"),
            (chunked("3\r\nab"), "lacks 1 of its bytes"),
            (chunked("3\r\nabc"), "cut off after 3 bytes"),
            (chunked("3\r\nabc\r\n"), "cut off after 3 bytes"),
            (chunked("3\r\nabcd\r\n"), "broken after 3 bytes"),
            (chunked("x\r\nabc"), "broken after 0 bytes"),
            (chunked("ffffffffffffffff\r\nabc"), "cut off"),
        ] {
            let error = read(request.as_bytes()).err().unwrap().to_string();
            assert!(error.contains(problem), "{request}: {error}");
        }
    }
}
