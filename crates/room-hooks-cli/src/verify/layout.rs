//! Changes the white space of JSON, and keeps the order of its members.

/// Removes all white space.
pub(super) fn compact(json: &str) -> String {
    parts(json).collect()
}

/// The size at which the output is cut off. No callback is that large.
const MAX_BYTES: usize = 512 * 1024;

/// Puts each member on its own line, with `indent` per level, and `colon` between a name and its
/// value.
pub(super) fn indented(json: &str, indent: &str, colon: &str) -> String {
    let mut written = String::new();
    let mut level = 0_usize;
    let mut parts = parts(json).peekable();
    while let Some(part) = parts.next() {
        // The sender decides how deeply JSON is nested, and indentation multiplies its size.
        if written.len() > MAX_BYTES {
            break;
        }
        match part {
            "{" | "[" if !matches!(parts.peek(), Some(&("}" | "]"))) => {
                level += 1;
                written += part;
                written += &line(indent, level);
            }
            "}" | "]" if !written.ends_with(['{', '[']) => {
                level = level.saturating_sub(1);
                written += &line(indent, level);
                written += part;
            }
            "," => {
                written += part;
                written += &line(indent, level);
            }
            ":" => written += colon,
            _ => written += part,
        }
    }
    written
}

fn line(indent: &str, level: usize) -> String {
    format!("\n{}", indent.repeat(level))
}

/// The tokens of a document: punctuation, strings with their quotation marks, and other values.
fn parts(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json.trim_ascii();
    std::iter::from_fn(move || {
        let length = match rest.as_bytes().first()? {
            b'"' => end_of_text(rest),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            // At least one character, of any kind.
            _ => rest
                .char_indices()
                .skip(1)
                .find(|(_, character)| "{}[],:\"".contains(*character) || character.is_whitespace())
                .map_or(rest.len(), |(end, _)| end),
        };
        let (part, behind) = rest.split_at(length);
        rest = behind.trim_ascii_start();
        Some(part)
    })
}

fn end_of_text(json: &str) -> usize {
    let mut escaped = false;
    let end = json.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(json.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_changes() {
        let json = r#"{"b": [1, {} ,[]],
            "a \" :,{" : {"c":-1.50e3, "d":"\\"} , "e":null }"#;
        let compact = compact(json);
        assert_eq!(compact, r#"{"b":[1,{},[]],"a \" :,{":{"c":-1.50e3,"d":"\\"},"e":null}"#);
        let indented = indented(json, "\t", ":\t");
        assert!(indented.starts_with("{\n\t\"b\":\t[\n\t\t1,\n\t\t{},\n\t\t[]\n\t],\n\t"));
        assert_eq!(super::compact(&indented), compact);
        for (odd, compact) in
            [("", ""), (" ", ""), ("\"", "\""), ("{", "{"), ("a b", "ab"), (" é :", "é:")]
        {
            assert_eq!(super::compact(odd), compact);
        }
        let deep = format!("{}{}", "[".repeat(100), "1,".repeat(30_000));
        assert!(super::indented(&deep, "    ", ": ").len() < MAX_BYTES + 1_000);
    }
}
