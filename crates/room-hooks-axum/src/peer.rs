use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::request::Parts;
use room_hooks_tower::PeerAddr;

/// Inserts the client's address if the app is served with `into_make_service_with_connect_info`.
///
/// Keeps an address that a middleware has inserted: behind a proxy, the connection is the proxy's.
pub(crate) fn note_peer(parts: &mut Parts) {
    if parts.extensions.get::<PeerAddr>().is_some() {
        return;
    }
    if let Some(&ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
        parts.extensions.insert(PeerAddr(peer));
    }
}
