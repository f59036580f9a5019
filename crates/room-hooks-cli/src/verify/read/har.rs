//! HAR files, exported by the developer tools of browsers.

use data_encoding::BASE64;
use serde::{Deserialize, Deserializer};

use crate::{Error, terminal};

use super::{Arrival, Request, time};

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    started_date_time: String,
    request: Sent,
    response: Option<Response>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    #[serde(default)]
    method: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    headers: Vec<Pair>,
    post_data: Option<PostData>,
}

#[derive(Deserialize)]
struct PostData {
    text: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    params: Vec<Pair>,
    /// This member is not in the standard, which reserves names such as `_encoding` for extensions.
    #[serde(alias = "_encoding")]
    encoding: Option<String>,
}

#[derive(Deserialize)]
struct Pair {
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
struct Response {
    /// 0 or, in some versions, a negative number if there was no response.
    #[serde(default)]
    status: i32,
}

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The requests of a HAR file, or `None` if it is other JSON.
pub(super) fn read(json: &[u8]) -> Result<Option<Vec<Request>>, Error> {
    let har: Har = match serde_json::from_slice(json) {
        Ok(har) => har,
        Err(error) if is_har(json) => {
            return Err(format!("the HAR file cannot be read: {error}").into());
        }
        Err(_) => return Ok(None),
    };
    let requests = (1..).zip(har.log.entries).map(|(nth, entry)| entry.into_request(nth));
    requests.collect::<Result<_, _>>().map(Some)
}

/// Whether the text begins like a HAR file: `{"log":`, with or without white space.
fn is_har(json: &[u8]) -> bool {
    let start = json.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    start.take(7).eq(*b"{\"log\":")
}

impl Entry {
    fn into_request(self, nth: usize) -> Result<Request, Error> {
        let Sent { method, url, headers, post_data } = self.request;
        let (pseudo, headers): (Vec<_>, Vec<_>) = headers
            .into_iter()
            .map(|pair| (pair.name, pair.value))
            .partition(|(name, _)| name.starts_with(':'));
        // HTTP/2 sends the parts of the request line as headers.
        let pseudo = |wanted: &str| {
            let found = pseudo.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let or = |text: String, other: &str| if text.is_empty() { pseudo(other) } else { text };
        let mut request = Request::new(&or(method, ":method"), &or(url, ":path"));
        let body = post_data.map(PostData::into_body).transpose();
        request.body = body.map_err(|problem| format!("entry {nth} of the HAR file: {problem}"))?;
        if let (Some(body), Some((_, length))) = (
            &request.body,
            headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Content-Length")),
        ) && length.parse() != Ok(body.len())
        {
            request.notes.push(format!(
                "the HAR file has {} bytes of a body of {}: the program that recorded it changed \
                 the body",
                body.len(),
                terminal::plain(length)
            ));
        }
        request.place = Some(format!("entry {nth}"));
        request.headers = Some(headers);
        request.arrival = time::of_har(&self.started_date_time).map(Arrival::Captured);
        let status = self.response.and_then(|response| u16::try_from(response.status).ok());
        request.answered = status.filter(|status| *status >= 200);
        Ok(request)
    }
}

impl PostData {
    /// The body. If it is rebuilt from parameters, it has the same values, but its bytes may
    /// differ.
    fn into_body(self) -> Result<Vec<u8>, &'static str> {
        match self.text.filter(|text| !text.is_empty()) {
            Some(text) if self.encoding.as_deref() == Some("base64") => {
                BASE64.decode(text.as_bytes()).map_err(|_| "its body is not valid base64")
            }
            Some(text) => Ok(text.into_bytes()),
            None => {
                let pairs = self.params.iter().map(|pair| (&pair.name, &pair.value));
                let form =
                    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
                Ok(form.into_bytes())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn only(request: &serde_json::Value) -> Request {
        let entry = json!({
            "startedDateTime": "2025-09-10T12:26:40.000+02:00", "request": request,
            "response": {"status": 401}
        });
        let har = json!({"log": {"version": "1.2", "entries": [entry]}}).to_string();
        read(har.as_bytes()).unwrap().unwrap().remove(0)
    }

    #[test]
    fn a_body_is_text_or_base64_or_parameters() {
        for (data, body) in [
            (json!({"text": "a=%20"}), "a=%20"),
            (json!({"text": "YT1i", "encoding": "base64"}), "a=b"),
            (json!({"text": "YT1i", "_encoding": "base64"}), "a=b"),
            (json!({"text": "a=b", "params": null}), "a=b"),
            (
                json!({"params": [{"name": "a[]", "value": "b c"}, {"name": "d", "value": "é"}]}),
                "a%5B%5D=b+c&d=%C3%A9",
            ),
        ] {
            let request =
                only(&json!({"method": "POST", "url": "http://x/y?z=1", "postData": data}));
            assert_eq!(request.body.as_deref(), Some(body.as_bytes()), "{data}");
            assert_eq!((request.path.as_str(), request.query.as_deref()), ("/y", Some("z=1")));
            assert_eq!(request.answered, Some(401));
            assert!(matches!(request.arrival, Some(Arrival::Captured(_))));
        }
    }

    #[test]
    fn pseudo_headers_of_http_2_stand_for_the_request_line() {
        let headers = json!([
            {"name": ":method", "value": "POST"}, {"name": ":path", "value": "/y?z=1"},
            {"name": "sign", "value": "s"}
        ]);
        let request = only(&json!({"headers": headers}));
        assert_eq!((request.method.as_deref(), request.body), (Some("POST"), None));
        assert_eq!((request.path.as_str(), request.query.as_deref()), ("/y", Some("z=1")));
        assert_eq!(request.headers.unwrap(), [("sign".to_owned(), "s".to_owned())]);
    }

    #[test]
    fn other_json_is_not_taken_for_a_har_file() {
        assert!(read(b"{\"event\":\"x\"}").unwrap().is_none());
        assert!(read(b"{\"log\": {\"entries\": [").is_err());
        let broken = json!({"log": {"entries": [
            {"request": {"method": "POST", "url": "/", "postData": {"text": "!", "encoding":
                "base64"}}}
        ]}});
        assert!(read(broken.to_string().as_bytes()).err().unwrap().to_string().contains("entry 1"));
    }
}
