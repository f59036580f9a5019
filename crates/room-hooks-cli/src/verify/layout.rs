//! JSON with other white space, its members in the order in which they stand.

/// Without any.
pub(super) fn compact(json: &str) -> String {
    parts(json).collect()
}

/// What is longer is cut off. No callback is.
const MAX_BYTES: usize = 512 * 1024;

/// A member a line, with an indent for each level and something between a name and its value.
pub(super) fn indented(json: &str, indent: &str, colon: &str) -> String {
    let mut written = String::new();
    let mut level = 0_usize;
    let mut parts = parts(json).peekable();
    while let Some(part) = parts.next() {
        // A sender decides how deeply JSON is nested, and so by how much indentation multiplies it.
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

/// The parts of a document: its signs, its texts with their quotation marks, and what is between.
fn parts(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json.trim_ascii();
    std::iter::from_fn(move || {
        let length = match rest.as_bytes().first()? {
            b'"' => end_of_text(rest),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            // At least a character, whatever it is.
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
    fn white_space_is_all_that_changes() {
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
