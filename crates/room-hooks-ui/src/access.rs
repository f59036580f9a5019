use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
};

/// Access control for pages: allows only requests to known hosts, and only actions that come from
/// the pages themselves.
///
/// Checking the host prevents DNS rebinding, where an attacker's domain name resolves to this
/// machine. Checking the origin prevents cross-site request forgery by forms and scripts of other
/// sites.
#[derive(Debug, Clone)]
pub struct Access {
    hosts: Arc<[String]>,
}

impl Access {
    /// Allows these hosts, as they appear in the `Host` header: `admin.example.com`, or
    /// `127.0.0.1:4000` with a port that is not the scheme's default. Letter case does not matter.
    #[must_use]
    pub fn to_hosts(hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { hosts: hosts.into_iter().map(|host| host.into().to_ascii_lowercase()).collect() }
    }

    /// Wraps pages, so that they serve only allowed requests.
    pub fn protect(self, pages: Router) -> Router {
        pages.layer(middleware::from_fn_with_state(self, check))
    }

    /// The host that a request is for, if it is allowed.
    fn host(&self, request: &Request) -> Option<String> {
        let host = match request.headers().get(HOST) {
            Some(host) => host.to_str().ok()?,
            // HTTP/2 has an authority instead.
            None => request.uri().authority()?.as_str(),
        };
        let host = host.to_ascii_lowercase();
        self.hosts.contains(&host).then_some(host)
    }
}

async fn check(State(access): State<Access>, request: Request, next: Next) -> Response {
    let mut response = match access.host(&request) {
        None => refused("This page is not served under that host name."),
        Some(host) if is_from_elsewhere(&request, &host) => {
            refused("Only this page's own forms may do that.")
        }
        Some(_) => next.run(request).await,
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn refused(why: &'static str) -> Response {
    (StatusCode::FORBIDDEN, why).into_response()
}

/// Whether a request may change something and does not come from a page of the host. Browsers send
/// the origin with every request other than GET and HEAD.
fn is_from_elsewhere(request: &Request, host: &str) -> bool {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return false;
    }
    let of_host = |headers: &HeaderMap| {
        let origin = headers.get(ORIGIN)?.to_str().ok()?.to_ascii_lowercase();
        let (scheme, authority) = origin.split_once("://")?;
        Some(matches!(scheme, "http" | "https") && authority == host)
    };
    of_host(request.headers()) != Some(true)
}

/// Pages show personal data, so they load nothing from other hosts, run no script except their own
/// file, and cannot be framed or cached. The referrer policy is not `no-referrer`, because browsers
/// would then send no origin.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        HeaderName::from_static("content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (REFERRER_POLICY, "same-origin"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];
