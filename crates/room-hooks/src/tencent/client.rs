use std::net::IpAddr;

use crate::{Callback, Verified, event::macros::wire_names};

use super::Tencent;

/// The client whose request led to a callback, according to the callback's query. These parameters
/// are not signed.
///
/// ```
/// use room_hooks::{Verified, tencent::{Platform, RoomCreated}};
///
/// async fn on_created(created: Verified<RoomCreated>) {
///     if created.client().is_some_and(|client| client.platform == Some(Platform::RestApi)) {
///         println!("your own backend created the room");
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// The client's address: `ClientIP`.
    pub ip: Option<IpAddr>,
    /// The client's platform: `OptPlatform`. [`Platform::RestApi`] is your own backend, or the
    /// console.
    pub platform: Option<Platform>,
}

impl<E: Callback<Provider = Tencent>> Verified<E> {
    /// The client whose request led to the callback, if the query names it.
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

    /// Tencent's id for the request, if the query has one: at most 64 characters of `RequestID`,
    /// which is undocumented and not signed. Logs contain it as well.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

wire_names! {
    /// A client's platform: `OptPlatform` of
    /// [Webhook Overview](https://www.tencentcloud.com/document/product/1047/34354).
    pub enum Platform in tencent {
        /// Tencent's server API.
        RestApi = "RESTAPI",
        /// A browser.
        Web = "Web",
        /// Android.
        Android = "Android",
        /// iOS.
        Ios = "iOS",
        /// Windows.
        Windows = "Windows",
        /// macOS: `Mac`, or `macOS`.
        Mac = "Mac" | "macOS",
        /// An iPad.
        IPad = "iPad",
    }
}
