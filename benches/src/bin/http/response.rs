/// The relevant parts of a response.
pub struct Response {
    pub status: u16,
    /// The length of head and body in bytes.
    pub length: usize,
}

impl Response {
    /// Parses a response at the beginning of `bytes`. `None` while its head is incomplete.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, &'static str> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = str::from_utf8(&bytes[..end]).map_err(|_| "the head is not text")?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 "));
        let status = status.and_then(|line| line.get(..3)?.parse().ok()).ok_or("no status")?;
        // The length is optional in HTTP, but all these servers send it, and this parser needs it
        // to find the end.
        let body = lines.find_map(content_length).ok_or("no content-length")?;
        Ok(Some(Self { status, length: end + 4 + body }))
    }
}

fn content_length(line: &str) -> Option<usize> {
    let (name, value) = line.split_once(':')?;
    if name.eq_ignore_ascii_case("content-length") { value.trim().parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Option<(u16, usize)>, &'static str> {
        Ok(Response::parse(bytes)?.map(|response| (response.status, response.length)))
    }

    #[test]
    fn a_response_ends_where_its_length_says() {
        let response = b"HTTP/1.1 401 Unauthorized\r\ndate: now\r\nContent-Length: 2\r\n\r\nno";
        assert_eq!(read(response), Ok(Some((401, response.len()))));
        assert_eq!(read(&response[..20]), Ok(None));
        assert_eq!(read(b"HTTP/1.1 200 OK\r\n\r\n"), Err("no content-length"));
        assert_eq!(read(b"hello\r\n\r\n"), Err("no status"));
    }
}
