//! Field names, as the products of a vendor spell them.

/// A name in lower case and without underscores, the form in which names are compared: a vendor's
/// products spell the same field differently.
pub(crate) struct Spelling {
    letters: [u8; 10],
    length: usize,
}

impl Spelling {
    /// Reads a name; `None` if it has more than 10 letters or 8 underscores, as no known name has.
    /// The limits keep the cost low, because a sender may make the name arbitrarily long.
    pub(crate) fn of(name: impl Iterator<Item = u8>) -> Option<Self> {
        let (mut spelling, mut underscores) = (Self { letters: [0; 10], length: 0 }, 0);
        for byte in name {
            if byte == b'_' && underscores < 8 {
                underscores += 1;
            } else if byte == b'_' {
                return None;
            } else {
                *spelling.letters.get_mut(spelling.length)? = byte.to_ascii_lowercase();
                spelling.length += 1;
            }
        }
        Some(spelling)
    }

    /// The position of this name among known names, which are in lower case and without
    /// underscores.
    pub(crate) fn position(&self, known: &[&str]) -> Option<usize> {
        known.iter().position(|known| known.as_bytes() == &self.letters[..self.length])
    }
}

/// Whether a name is a spelling of one of the known names.
pub(crate) fn is_spelling_of_one(name: &str, known: &[&str]) -> bool {
    Spelling::of(name.bytes()).is_some_and(|spelling| spelling.position(known).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_a_few_underscores_do_not_matter() {
        for name in ["appid", "AppId", "APP_ID", "app_id", "_a_p_p_i_d_", "________appid"] {
            assert!(is_spelling_of_one(name, &["event", "appid"]), "{name}");
        }
        for name in ["", "app", "appidx", "app-id", "app id", "àppid", "_________appid", "________"]
        {
            assert!(!is_spelling_of_one(name, &["event", "appid"]), "{name}");
        }
        assert!(!is_spelling_of_one(&"a".repeat(1_000_000), &["appid"]));
    }
}
