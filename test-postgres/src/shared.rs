use std::sync::{Arc, Mutex, PoisonError};

use crate::{Server, files::remove_template};

static SHARED: Mutex<Option<Arc<Server>>> = Mutex::new(None);

/// Creates an empty database on a server that all callers in this process share, and returns its
/// URL.
pub async fn database() -> String {
    let server = {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || Arc::new(Server::start_with(&["max_connections=300"]));
        Arc::clone(shared.get_or_insert_with(start))
    };
    server.database().await
}

/// Stops the shared server, and removes the files that servers are copied from.
pub fn clean_up() {
    drop(SHARED.lock().unwrap_or_else(PoisonError::into_inner).take());
    remove_template();
}
