//! A body or a URL by itself.

use super::Request;

/// Reads a body, a URL or a query. `None` if the input looks like none of them.
pub(super) fn read(bytes: &[u8]) -> Option<Request> {
    let text = str::from_utf8(bytes).ok()?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let mut request = Request::default();
    if text.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return None;
    }
    let is_url = ["http://", "https://", "/"].iter().any(|start| text.starts_with(start));
    if is_url {
        request.set_target(text);
    } else if let Some(query) = text.strip_prefix('?') {
        request.query = Some(query.to_owned());
    } else if has_parameter(text, "Sign") && has_parameter(text, "RequestTime") {
        request.query = Some(text.to_owned());
    } else if text.starts_with("%7B") || text.starts_with("%7b") || is_form(text) {
        request.body = Some(bytes.to_vec());
    } else {
        return None;
    }
    Some(request)
}

/// Whether each part is a name with a value, such as `event=room_create`.
fn is_form(text: &str) -> bool {
    let is_name = |name: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.%+[]".contains(&byte);
        !name.is_empty() && name.bytes().all(allowed)
    };
    let is_pair = |pair: &str| pair.split_once('=').is_some_and(|(name, _)| is_name(name));
    text.contains('&') && text.split('&').filter(|pair| !pair.is_empty()).all(is_pair)
}

fn has_parameter(text: &str, wanted: &str) -> bool {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_no_body_and_a_body_no_url() {
        for (text, path, query) in [
            ("https://example.com/x?a=b\n", "/x", "a=b"),
            ("http://example.com", "/", ""),
            ("/x?a=b#c", "/x", "a=b"),
            ("?Sign=a", "", "Sign=a"),
            ("sdkappid=1&sign=a&requesttime=1", "", "sdkappid=1&sign=a&requesttime=1"),
        ] {
            let request = read(text.as_bytes()).unwrap();
            assert_eq!((request.path.as_str(), request.query.as_deref()), (path, Some(query)));
            assert!(request.body.is_none() && request.headers.is_none());
        }
        for text in ["%7B%22event%22%3A1%7D", "event=room_create&a[]=b&c=\n"] {
            let request = read(text.as_bytes()).unwrap();
            assert_eq!(request.body.as_deref(), Some(text.as_bytes()));
            assert!(request.query.is_none() && request.headers.is_none());
        }
        for text in ["hello", "a=b", "hello world", "a&b=c", "\u{1}/", "POST /x"] {
            assert!(read(text.as_bytes()).is_none(), "{text:?}");
        }
    }
}
