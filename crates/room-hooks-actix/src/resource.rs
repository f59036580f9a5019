use std::{
    collections::BTreeMap,
    sync::{Mutex, Once, PoisonError},
    thread::{self, ThreadId},
    time::SystemTime,
};

use actix_web::{HttpRequest, HttpResponse, Resource, web};
use room_hooks::{
    Hooks, NotDelivered, Provider,
    tencent::{Protocol, Tencent},
    trtc::Trtc,
};

use crate::{
    receive::{RequestHeaders, head, read_body},
    reply::response,
};

/// Turns [`Hooks`] into a resource, at the path that the provider calls:
///
/// ```
/// use actix_web::{App, web};
/// use room_hooks_actix::{Hooks, resource, zego::Zego};
///
/// # fn serve(hooks: Hooks<Zego>) {
/// let app = move || {
///     App::new()
///         .route("/", web::get().to(async || "a route of your own"))
///         .service(resource("/hooks/zego", hooks.clone()))
/// };
/// # let _ = actix_web::HttpServer::new(app);
/// # }
/// ```
///
/// The resource matches every method, and responds to methods other than `POST` in the provider's
/// format. Path parameters, scopes and middleware work as with any other resource.
/// [`Receiver::with_request_data`](crate::Receiver::with_request_data) selects the parts of the
/// path that handlers receive.
///
/// Create the hooks outside of the closure, as above, because every worker calls the closure. Hooks
/// that each worker creates have separate stores, so they do not recognize each other's duplicates;
/// a warning in the log reports this.
#[must_use]
pub fn resource<P: Provider>(path: &str, hooks: Hooks<P>) -> Resource {
    warn_of_stores_per_worker(P::NAME, hooks.store_created_on());
    web::resource(path).to(move |request: HttpRequest, payload: web::Payload| {
        let hooks = hooks.clone();
        async move { deliver(&hooks, &request, payload).await }
    })
}

/// Turns the hooks for both Tencent protocols into one resource, for a URL that receives both. See
/// [`Protocol`].
///
/// ```
/// use actix_web::App;
/// use room_hooks_actix::{Hooks, tencent::Tencent, tencent_resource, trtc::Trtc};
///
/// # fn serve(tencent: Tencent, trtc: Trtc) {
/// let (tencent, trtc) = (Hooks::new(tencent), Hooks::new(trtc));
/// let app = move || {
///     App::new().service(tencent_resource("/hooks/tencent", tencent.clone(), trtc.clone()))
/// };
/// # let _ = actix_web::HttpServer::new(app);
/// # }
/// ```
#[must_use]
pub fn tencent_resource(path: &str, tencent: Hooks<Tencent>, trtc: Hooks<Trtc>) -> Resource {
    warn_of_stores_per_worker(Tencent::NAME, tencent.store_created_on());
    warn_of_stores_per_worker(Trtc::NAME, trtc.store_created_on());
    web::resource(path).to(move |request: HttpRequest, payload: web::Payload| {
        let (tencent, trtc) = (tencent.clone(), trtc.clone());
        async move {
            match Protocol::of(request.query_string(), &RequestHeaders(request.headers())) {
                Protocol::Query => deliver(&tencent, &request, payload).await,
                Protocol::Header => deliver(&trtc, &request, payload).await,
            }
        }
    })
}

/// Passes one request to hooks, for a handler that chooses the hooks for each request:
///
/// ```
/// # use std::collections::HashMap;
/// # use actix_web::{HttpRequest, HttpResponse, web};
/// # use room_hooks_actix::{Hooks, deliver, zego::Zego};
/// type Tenants = HashMap<String, Hooks<Zego>>;
///
/// async fn receive(
///     tenant: web::Path<String>,
///     tenants: web::Data<Tenants>,
///     request: HttpRequest,
///     payload: web::Payload,
/// ) -> HttpResponse {
///     match tenants.get(tenant.as_str()) {
///         Some(hooks) => deliver(hooks, &request, payload).await,
///         None => HttpResponse::NotFound().finish(),
///     }
/// }
///
/// # fn route() -> actix_web::Resource {
/// web::resource("/hooks/{tenant}/zego").to(receive)
/// # }
/// ```
pub async fn deliver<P: Provider>(
    hooks: &Hooks<P>,
    request: &HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let delivered = async {
        let body = read_body(hooks.receiver(), request, payload.into_inner()).await?;
        let headers = RequestHeaders(request.headers());
        let delivery = head(request, &headers).with_body(&body);
        Ok(hooks.deliver(delivery, SystemTime::now()).await)
    };
    let not_delivered = |not_delivered: NotDelivered| hooks.respond_to(&not_delivered);
    response(delivered.await.unwrap_or_else(not_delivered))
}

/// Warns once if a second worker of a server creates a delivery store for the same provider.
fn warn_of_stores_per_worker(provider: &'static str, created_on: Option<ThreadId>) {
    /// The first worker that created a store, by server and provider.
    static CREATORS: Mutex<BTreeMap<(String, &str), String>> = Mutex::new(BTreeMap::new());
    static WARNED: Once = Once::new();

    let thread = thread::current();
    let Some(worker) = thread.name().filter(|_| Some(thread.id()) == created_on) else { return };
    let Some(server) = server_of_worker(worker) else { return };
    let mut creators = CREATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let first = creators.entry((server.to_owned(), provider)).or_insert_with(|| worker.to_owned());
    if first != worker {
        WARNED.call_once(|| {
            tracing::warn!(
                provider,
                "each worker creates hooks with its own delivery store, so duplicates are not \
                 recognized across workers; create the hooks outside the closure of HttpServer::new"
            );
        });
    }
}

/// The part of a worker thread's name that identifies its server: the actix system, or a constant
/// if there is no system.
fn server_of_worker(thread: &str) -> Option<&str> {
    let system = thread.strip_prefix("actix-rt|").and_then(|rest| rest.split_once("|arbiter:"));
    system
        .map(|(system, _)| system)
        .or_else(|| thread.strip_prefix("actix-server worker ").map(|_| "actix-server worker"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worker_threads_are_recognized_by_their_names() {
        for (thread, server) in [
            ("actix-rt|system:3|arbiter:7", Some("system:3")),
            ("actix-server worker 1", Some("actix-server worker")),
            ("tests::hooks", None),
            ("main", None),
        ] {
            assert_eq!(server_of_worker(thread), server);
        }
    }
}
