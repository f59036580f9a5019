//! The output of `curl -v`, which has the heads of requests and responses, but no request bodies.

use super::{Request, http};

/// The requests in the output; empty if the text is something else.
pub(super) fn read(text: &str) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    for line in text.lines().map(without_prefix) {
        if let Some(sent) = line.strip_prefix("> ") {
            if let Some((method, target)) = http::request_line(sent) {
                let request = Request::new(method, target);
                requests.push(Request { headers: Some(Vec::new()), ..request });
            } else if let (Some(headers), Some((name, value))) =
                (requests.last_mut().and_then(|last| last.headers.as_mut()), sent.split_once(':'))
            {
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        } else if let (Some(received), Some(last)) = (line.strip_prefix("< "), requests.last_mut())
        {
            match http::status(received) {
                // A 100 only asks for the body.
                Some(200..) => last.answered = http::status(received),
                Some(_) => {}
                None => last.arrival = last.arrival.or(http::date(received)),
            }
        }
    }
    for (nth, request) in (1..).zip(&mut requests) {
        request.place = Some(format!("request {nth}"));
    }
    requests
}

/// A line without the prefixes that `--trace-time` and `--trace-ids` add.
pub(super) fn without_prefix(line: &str) -> &str {
    let is_time = |word: &str| {
        word.len() == "10:26:40.000000".len()
            && word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
    };
    let is_ids = |word: &str| {
        let ids = word.strip_prefix('[').and_then(|word| word.strip_suffix(']'));
        ids.is_some_and(|ids| {
            // `[0-0]`, or `[0-x]` if there is no connection yet.
            ids.contains('-')
                && ids.bytes().all(|byte| byte.is_ascii_digit() || b"-x".contains(&byte))
        })
    };
    let without = |line, is_prefix: &dyn Fn(&str) -> bool| match str::split_once(line, ' ') {
        Some((word, rest)) if is_prefix(word) => rest,
        _ => line,
    };
    without(without(line, &is_time), &is_ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_of_the_output_has_its_own_headers_and_status() {
        let text = [
            "* Connected",
            "> POST /a?b=c HTTP/1.1",
            "> Sign: x:y",
            ">",
            "< HTTP/1.1 100 Continue",
            "} [5 bytes data]",
            "< HTTP/1.1 307 Temporary Redirect",
            "< Date: Wed, 10 Sep 2025 10:26:40 GMT",
            "10:26:40.000000 [0-1] > POST /d HTTP/2",
            "10:26:40.000001 [0-x] < HTTP/2 401 ",
            "> POST /e HTTP/1.1",
            "< HTTP/1.1 100 Continue",
        ];
        let text = text.join("\n");
        let [first, second, third] = &read(&text)[..] else { panic!("there are three") };
        assert_eq!((first.path.as_str(), first.query.as_deref()), ("/a", Some("b=c")));
        assert_eq!(first.headers.as_ref().unwrap()[0], ("Sign".to_owned(), "x:y".to_owned()));
        assert_eq!((first.answered, first.arrival.is_some()), (Some(307), true));
        assert_eq!((second.path.as_str(), second.answered), ("/d", Some(401)));
        assert_eq!((third.path.as_str(), third.answered), ("/e", None));
    }
}
