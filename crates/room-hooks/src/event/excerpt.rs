/// The beginning of a text from outside, for a log or span: at most 128 characters, of a text of any
/// length.
pub(crate) fn excerpt(text: &str) -> &str {
    text.char_indices().nth(128).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_has_128_characters_at_most() {
        for (characters, kept) in [(0, 0), (127, 127), (128, 128), (129, 128), (100_000, 128)] {
            assert_eq!(excerpt(&"é".repeat(characters)), "é".repeat(kept));
        }
    }
}
