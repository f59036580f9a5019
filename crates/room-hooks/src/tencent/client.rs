use std::net::IpAddr;

use crate::{Callback, Verified, event::macros::wire_names};

use super::Tencent;

/// Where a request came from that led to a callback, as the callback's query tells. It is not signed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// The client's address: `ClientIP`.
    pub ip: Option<IpAddr>,
    /// The client's platform: `OptPlatform`. [`Platform::RestApi`] is your own backend, or the console.
    pub platform: Option<Platform>,
}

impl<E: Callback<Provider = Tencent>> Verified<E> {
    /// Where the request came from that led to the callback, if the query tells.
    #[must_use]
    pub fn client(&self) -> Option<Client> {
        let parameter = |name| {
            let mut all = self.parameters.iter().rev();
            all.find_map(|(other, value)| (*other == name).then_some(&**value))
        };
        let ip = parameter("ClientIP").and_then(|ip| ip.parse().ok());
        let platform = parameter("OptPlatform").map(Platform::from);
        (ip.is_some() || platform.is_some()).then_some(Client { ip, platform })
    }

    /// The id that Tencent gave the request, if the query has one: at most 64 characters of `RequestID`, which is
    /// undocumented. It is not signed. Logs have it as well.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

wire_names! {
    /// A client's platform: `OptPlatform` of
    /// [Webhook Overview](https://www.tencentcloud.com/document/product/1047/34354).
    pub enum Platform {
        /// Tencent's server API was called.
        RestApi = "RESTAPI",
        /// A browser.
        Web = "Web",
        /// Android.
        Android = "Android",
        /// iOS.
        Ios = "iOS",
        /// Windows.
        Windows = "Windows",
        /// macOS, also written `macOS`.
        Mac = "Mac" | "macOS",
        /// An iPad.
        IPad = "iPad",
    }
}
