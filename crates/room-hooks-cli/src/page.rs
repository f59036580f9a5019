//! Serves pages to the user of this machine.

use std::{future::Future, net::SocketAddr};

use axum::{Router, http::StatusCode};
use data_encoding::HEXLOWER;
use room_hooks_ui::parts::Access;
use tokio::net::TcpListener;

use crate::Error;

/// A loopback address on which pages are served under a random token.
///
/// Other users of the machine can connect, and websites can make a browser connect, but neither
/// knows the token. The pages also check the `Host` header against [`hosts`](Self::hosts), which
/// keeps websites out.
pub(crate) struct PageAddress {
    listener: TcpListener,
    address: SocketAddr,
    token: String,
}

impl PageAddress {
    /// Binds an address that only this machine can reach. Port 0 picks a free port.
    pub(crate) async fn bind(address: SocketAddr) -> Result<Self, Error> {
        if !address.ip().is_loopback() {
            return Err(format!(
                "{address} can be reached from other machines, but the page is for this machine \
                 only; to open it from another machine, forward a port over SSH"
            )
            .into());
        }
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|error| format!("{address}: {error}"))?;
        let address = listener.local_addr()?;
        let mut token = [0; 16];
        getrandom::fill(&mut token)?;
        Ok(Self { listener, address, token: HEXLOWER.encode(&token) })
    }

    /// The hosts that a browser may request, as they appear in the `Host` header.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let port = self.address.port();
        let names = ["127.0.0.1", "localhost", "[::1]"];
        let mut hosts = names.map(|name| format!("{name}:{port}")).to_vec();
        // The bound address may be another loopback address, such as 127.0.0.2.
        hosts.push(self.address.to_string());
        if port == 80 {
            // Browsers omit the default port.
            hosts.extend(names.map(str::to_owned));
        }
        hosts
    }

    /// The URL of the pages, with the token.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/{}/", self.address, self.token)
    }

    /// Serves pages until the future `until` completes. Requests without the token get 404.
    pub(crate) async fn serve(
        self,
        pages: Router,
        until: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        let app = Router::new()
            .nest_service(&format!("/{}", self.token), pages)
            .fallback(async || StatusCode::NOT_FOUND);
        let app = Access::to_hosts(self.hosts()).protect(app);
        tokio::select! {
            served = axum::serve(self.listener, app).into_future() => served?,
            () = until => {}
        }
        Ok(())
    }
}
