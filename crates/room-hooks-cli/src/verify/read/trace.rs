//! The output of `curl --trace` and `curl --trace-ascii`: all sent and received data, in blocks of
//! lines that begin with an offset.

use data_encoding::HEXLOWER_PERMISSIVE;

use crate::Error;

use super::{Request, curl::without_prefix, http};

/// The number of bytes in a line of `--trace`.
const BYTES_IN_LINE: usize = 16;

/// A line with an arrow, and the lines of data that follow it.
struct Block<'a> {
    is_sent: bool,
    is_header: bool,
    size: usize,
    /// The lines, each with its offset.
    lines: Vec<(usize, &'a str)>,
}

pub(super) fn is_trace(text: &str) -> bool {
    text.lines().any(|line| Block::begin(line).is_some_and(|block| block.is_sent))
}

/// The requests of a trace.
pub(super) fn read(text: &str) -> Result<Vec<Request>, Error> {
    let blocks = blocks(text);
    let mut sent = blocks.iter().filter(|block| block.is_sent && block.is_header);
    // In `--trace-ascii`, a head begins with a method, which is not hexadecimal.
    let is_hex = sent.next().is_some_and(|block| block.hex().is_some());
    let mut exchanges: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for block in &blocks {
        let content = block.content(is_hex);
        match (block.is_sent, exchanges.last_mut()) {
            // curl writes a head as one block.
            (true, _) if block.is_header => exchanges.push((content?, Vec::new())),
            (true, Some((request, _))) => request.extend(content?),
            // A response that is cut off does not affect the request.
            (false, Some((_, response))) if block.is_header => {
                response.extend(content.unwrap_or_default());
            }
            _ => {}
        }
    }
    let mut requests = Vec::new();
    for (nth, (request, response)) in (1..).zip(exchanges) {
        for mut request in http::read(&request)?.into_iter().take(1) {
            request.place = Some(format!("request {nth}"));
            request.has_lost_bytes =
                !is_hex && request.body.as_ref().is_some_and(|body| body.contains(&b'.'));
            for line in String::from_utf8_lossy(&response).lines() {
                match http::status(line) {
                    Some(status @ 200..) => request.answered = Some(status),
                    _ => request.arrival = request.arrival.or(http::date(line)),
                }
            }
            requests.push(request);
        }
    }
    if requests.is_empty() {
        return Err("the trace has no request: it ends before the head was sent".into());
    }
    Ok(requests)
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    // Whether the lines belong to no block, such as those of encrypted data.
    let mut is_other = true;
    for line in text.lines() {
        let line_of_block = line
            .split_once(": ")
            .or_else(|| Some((line.strip_suffix(':')?, "")))
            .filter(|(offset, _)| offset.len() >= 4)
            .and_then(|(offset, text)| Some((usize::from_str_radix(offset, 16).ok()?, text)));
        if let Some(line) = line_of_block {
            if let Some(block) = blocks.last_mut().filter(|_| !is_other) {
                block.lines.push(line);
            }
        } else if let Some(block) = Block::begin(line) {
            is_other = false;
            blocks.push(block);
        } else if let ["==", ..] | ["=>", ..] | ["<=", ..] =
            without_prefix(line).split(' ').collect::<Vec<_>>()[..]
        {
            is_other = true;
        }
    }
    blocks
}

impl Block<'_> {
    /// The block of a line such as `=> Send header, 148 bytes (0x94)`.
    fn begin(line: &str) -> Option<Self> {
        let (what, rest) = without_prefix(line).split_once(", ")?;
        let (is_sent, is_header) = match what {
            "=> Send header" => (true, true),
            "=> Send data" => (true, false),
            "<= Recv header" => (false, true),
            "<= Recv data" => (false, false),
            _ => return None,
        };
        let size = rest.split_once(" bytes (0x")?.0.parse().ok()?;
        Some(Self { is_sent, is_header, size, lines: Vec::new() })
    }

    fn content(&self, is_hex: bool) -> Result<Vec<u8>, Error> {
        let content = if is_hex { self.hex() } else { self.text() };
        content.ok_or_else(|| {
            let size = self.size;
            format!("the trace is cut off or changed: a block of {size} bytes is incomplete").into()
        })
    }

    /// The bytes in lines such as `0000: 50 4f 53 54  POST`.
    fn hex(&self) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        for (offset, line) in &self.lines {
            let length = self.size.checked_sub(content.len())?.min(BYTES_IN_LINE);
            let digits: String = line.get(..length * 3)?.split(' ').collect();
            let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?;
            if *offset != content.len() || bytes.len() != length {
                return None;
            }
            content.extend(bytes);
        }
        (content.len() == self.size).then_some(content)
    }

    /// The bytes in lines such as `0000: POST`. A CR LF ends a line: it is not shown, but counted
    /// in the next line's offset.
    fn text(&self) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        let ends = self.lines.iter().skip(1).map(|(offset, _)| *offset).chain([self.size]);
        for ((offset, line), end) in self.lines.iter().zip(ends) {
            content.extend_from_slice(line.as_bytes());
            match end.checked_sub(*offset)?.checked_sub(line.len())? {
                0 => {}
                2 => content.extend_from_slice(b"\r\n"),
                _ => return None,
            }
        }
        (content.len() == self.size).then_some(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASCII: &str = "== Info: Connected\n=> Send header, 24 bytes (0x18)\n0000: POST / \
                         HTTP/1.1\n0011: A: b\n0017: \n=> Send data, 6 bytes (0x6)\n0000: a: \
                         \n0005: b\n== Info: done\n<= Recv header, 17 bytes (0x11)\n0000: \
                         HTTP/1.1 200 OK\n";

    #[test]
    fn line_breaks_come_from_the_offsets() {
        let head = "POST / HTTP/1.1\r\nA: b\r\n\r\n";
        let text = ASCII.replace("24 bytes (0x18)", &format!("{} bytes (0x0)", head.len()));
        let requests = read(&text).unwrap();
        assert_eq!(requests[0].body.as_deref(), Some(&b"a: \r\nb"[..]));
        assert_eq!((requests[0].answered, requests[0].has_lost_bytes), (Some(200), false));
        let cut_off = text.replace("0005: b\n", "");
        assert!(read(&cut_off).err().unwrap().to_string().contains("a block of 6 bytes"));
        let stripped = text.replace("0000: a: \n", "0000: a:\n");
        assert!(read(&stripped).is_err());
    }

    #[test]
    fn hexadecimal_lines_are_to_the_byte() {
        let head = b"POST / HTTP/1.1\r\n\r\n";
        let hex = |bytes: &[u8]| {
            let lines = (0..).step_by(16).zip(bytes.chunks(16)).map(|(offset, line)| {
                let pairs: String = line.iter().map(|byte| format!("{byte:02x} ")).collect();
                format!("{offset:04x}: {pairs:48} .\n")
            });
            format!("{} bytes (0x0)\n{}", bytes.len(), lines.collect::<String>())
        };
        let body: Vec<u8> = (0..=255).collect();
        let text = format!("=> Send header, {}=> Send data, {}", hex(head), hex(&body));
        let requests = read(&text).unwrap();
        assert_eq!(requests[0].body.as_ref(), Some(&body));
        assert!(!requests[0].has_lost_bytes);
        assert!(read(&text.replace("0050: ", "0051: ")).is_err());
    }
}
