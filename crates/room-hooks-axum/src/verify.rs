use axum_core::body::Body;

/// Layer that passes only verified callbacks to its routes.
///
/// It responds to refused requests and to the provider's probes itself. A handler behind it takes
/// the event with [`RoomHook`](crate::RoomHook), without a second verification, or reads the body.
///
/// ```
/// use axum::{Router, routing::{get, post}};
/// use room_hooks_axum::{Receiver, VerifyLayer, zego::Zego};
///
/// // The layer has verified the sender of the body.
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

/// The service that a [`VerifyLayer`] creates.
///
/// ```
/// use room_hooks_axum::{Verify, VerifyLayer, zego::Zego};
/// use tower::Layer;
///
/// fn verified<S>(zego: Zego, inner: S) -> Verify<Zego, S> {
///     VerifyLayer::new(zego).layer(inner)
/// }
/// ```
pub type Verify<P, S> = room_hooks_tower::Verify<P, S, Body>;
