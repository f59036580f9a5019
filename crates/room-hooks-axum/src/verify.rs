use axum_core::body::Body;

/// Layer that lets only verified callbacks through to the routes behind it.
///
/// It answers everything else itself: what it refuses, and the provider's probes. A handler behind it takes the
/// event with [`RoomHook`](crate::RoomHook), without a second verification, or reads the body.
///
/// ```
/// use axum::{Router, routing::{get, post}};
/// use room_hooks_axum::{Receiver, VerifyLayer, zego::Zego};
///
/// // This handler need not ask who sent the body.
/// async fn save(body: axum::body::Bytes) {}
///
/// # fn app(receiver: Receiver<Zego>) -> Router {
/// Router::new()
///     .route("/hooks/zego", post(save))
///     .route_layer(VerifyLayer::new(receiver))
///     .route("/", get(async || "not guarded"))
/// # }
/// ```
pub type VerifyLayer<P> = room_hooks_tower::VerifyLayer<P, Body>;

/// The service of a [`VerifyLayer`].
pub type Verify<P, S> = room_hooks_tower::Verify<P, S, Body>;
