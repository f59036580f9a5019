//! What a document says, in the one form that it has however it was written.

use serde_json::Number;

use crate::scanner::{Raw, Scanner};

/// The deepest that a value is taken apart, as with `serde_json`.
const DEPTH: usize = 128;

/// Writes a JSON object's content, some of its outermost members left out: members sorted, those that are
/// `null` left out, and a number the same as its digits in a string. Nothing comes of what is nested too
/// deeply.
pub(crate) fn write(content: &mut Vec<u8>, json: &str, left_out: &[&str]) -> Option<()> {
    object(content, &mut Scanner::new(json), DEPTH, |name| left_out.contains(&name))
}

/// Each part goes in with its length, so that no two sequences of parts are the same bytes.
pub(crate) fn part(content: &mut Vec<u8>, bytes: &[u8]) {
    content.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    content.extend_from_slice(bytes);
}

fn value(content: &mut Vec<u8>, scanner: &mut Scanner<'_>, depth: usize) -> Option<()> {
    let deeper = depth.checked_sub(1)?;
    match scanner.next_byte()? {
        b'{' => object(content, scanner, deeper, |_| false),
        b'[' => {
            content.push(b'[');
            scanner.list(|scanner| value(content, scanner, deeper))?;
            content.push(b']');
            Some(())
        }
        _ => {
            content.push(b'=');
            scalar(content, scanner.value()?)
        }
    }
}

fn object(
    content: &mut Vec<u8>,
    scanner: &mut Scanner<'_>,
    depth: usize,
    is_left_out: impl Fn(&str) -> bool,
) -> Option<()> {
    content.push(b'{');
    let begin = content.len();
    let mut members = Vec::new();
    scanner.object(|scanner, name| {
        let (at, is_null) = (content.len(), scanner.next_byte()? == b'n');
        if is_null || is_left_out(&name) {
            scanner.value()?;
            return Some(());
        }
        part(content, name.as_bytes());
        value(content, scanner, depth)?;
        members.push((name, at..content.len()));
        Some(())
    })?;
    if !members.is_sorted_by_key(|(name, _)| name) {
        members.sort_by(|(name, _), (other, _)| name.cmp(other));
        let sorted: Vec<_> = members.iter().map(|(_, range)| &content[range.clone()]).collect();
        let sorted = sorted.concat();
        content.truncate(begin);
        content.extend_from_slice(&sorted);
    }
    content.push(b'}');
    Some(())
}

fn scalar(content: &mut Vec<u8>, raw: Raw<'_>) -> Option<()> {
    match raw.get() {
        text if text.starts_with('"') => part(content, raw.unescaped()?.as_bytes()),
        literal => match fraction(literal) {
            Some(number) => part(content, number.to_string().as_bytes()),
            None => part(content, literal.as_bytes()),
        },
    }
    Some(())
}

/// A number that can be written in many ways, as an integer cannot.
fn fraction(literal: &str) -> Option<Number> {
    if literal.contains(['.', 'e', 'E']) { literal.parse().ok() } else { None }
}
