//! Field names, as the products of a vendor spell them.

/// The maximum length of a spelling: ten letters, as the longest known name has, and as many
/// underscores. A sender may make a name arbitrarily long, and this limit keeps the cost low.
const LONGEST: usize = 20;

/// The position of a name among known names, which are in lower case and without underscores. A
/// vendor's products spell the same field differently, so neither case nor underscores matter.
pub(crate) fn position(name: impl Iterator<Item = u8> + Clone, known: &[&str]) -> Option<usize> {
    if name.clone().nth(LONGEST).is_some() {
        return None;
    }
    let letters = name.filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase());
    known.iter().position(|known| letters.clone().eq(known.bytes()))
}

/// Whether a name is a spelling of one of the known names.
pub(crate) fn is_spelling_of_one(name: &str, known: &[&str]) -> bool {
    position(name.bytes(), known).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_a_few_underscores_do_not_matter() {
        for name in ["appid", "AppId", "APP_ID", "app_id", "_a_p_p_i_d_", "_______________appid"] {
            assert!(is_spelling_of_one(name, &["event", "appid"]), "{name}");
        }
        for name in
            ["", "app", "appidx", "app-id", "app id", "àppid", "________________appid", "___"]
        {
            assert!(!is_spelling_of_one(name, &["event", "appid"]), "{name}");
        }
        assert!(!is_spelling_of_one(&"a".repeat(1_000_000), &["appid"]));
    }
}
