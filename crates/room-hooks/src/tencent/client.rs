use std::net::IpAddr;

use crate::event::wire::wire_names;

/// Where a request came from that led to a callback, as the callback's query tells. It is not signed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// The client's address: `ClientIP`.
    pub ip: Option<IpAddr>,
    /// The client's platform: `OptPlatform`. [`Platform::RestApi`] is your own backend, or the console.
    pub platform: Option<Platform>,
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
