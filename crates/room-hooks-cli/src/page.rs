//! Serves pages to the people at this machine.

use std::{future::Future, io, net::SocketAddr};

use axum::Router;
use data_encoding::HEXLOWER;
use room_hooks_ui::parts::Access;
use tokio::net::TcpListener;

use crate::Error;

/// A port for pages, whose address only those know who are told it.
pub(crate) struct PageServer {
    listener: TcpListener,
    address: SocketAddr,
    /// The folder of the pages. Other programs and users of this machine cannot guess it.
    token: String,
}

impl PageServer {
    pub(crate) async fn bind(address: SocketAddr) -> Result<Self, Error> {
        if !address.ip().is_loopback() {
            return Err(format!("{address}: pages are served to this machine only").into());
        }
        let listener =
            TcpListener::bind(address).await.map_err(|error| format!("{address}: {error}"))?;
        let mut token = [0; 16];
        getrandom::fill(&mut token).map_err(|error| format!("no random numbers: {error}"))?;
        Ok(Self { address: listener.local_addr()?, listener, token: HEXLOWER.encode(&token) })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/{}/", self.address, self.token)
    }

    /// Serves pages until the future is dropped. Without the token, there is nothing.
    pub(crate) fn serve(self, pages: Router) -> impl Future<Output = io::Result<()>> {
        let port = self.address.port();
        let hosts = ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}:{port}"));
        let app = Router::new().nest_service(&format!("/{}", self.token), pages);
        axum::serve(self.listener, Access::to_hosts(hosts).protect(app)).into_future()
    }
}
