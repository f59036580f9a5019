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
        if let Some(response) = Response::read(rest) {
            request.note_response(&response);
            // The length of the response body is unknown, and so is the start of the next request.
            rest = b"";
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
        (Some(body), None, Some(Ok(length))) => {
            let (body, rest) = body.split_at_checked(length).ok_or_else(|| {
                format!("the body is cut off: {} of its {length} bytes are present", body.len())
            })?;
            (Some(body.to_vec()), rest)
        }
        (Some(body), None, None) => (Some(body.to_vec()), &b""[..]),
    };
    request.headers = Some(headers);
    request.body = body;
    Ok((request, rest))
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
        let (start, size) = match httparse::parse_chunk_size(rest) {
            Ok(Status::Complete(parsed)) => parsed,
            Ok(Status::Partial) => return Err(cut_off(&body).into()),
            Err(_) => {
                let read = body.len();
                return Err(format!(
                    "the chunked body is broken after {read} bytes: the size of a chunk is missing"
                )
                .into());
            }
        };
        rest = &rest[start..];
        let Ok(size @ 1..) = usize::try_from(size) else {
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
                "POST /x?a=b HTTP/1.1{gap}Sign: s:t{gap}content-length: 5{gap}{gap}a\r\n\r\nb"
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
        ] {
            assert_eq!(only(chunked(body).as_bytes()).body.unwrap(), b"abc0123456789", "{body}");
        }
    }

    #[test]
    fn a_body_that_is_cut_off_or_broken_is_an_error_that_says_so() {
        for (request, problem) in [
            ("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx".to_owned(), "1 of its 9 bytes"),
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
