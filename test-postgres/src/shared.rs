use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use crate::{Server, client, files::remove_template};

static SHARED: Mutex<Option<Server>> = Mutex::new(None);

/// Creates an empty database on a server that all callers in this process share, and returns its URL.
pub async fn database() -> String {
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let (maintenance, url) = {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let server = shared.get_or_insert_with(|| Server::start_with(&["max_connections=300"]));
        (server.url(), server.url_of(&name))
    };
    client(&maintenance).await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    url
}

/// Ends the shared server, and removes the files that all servers were copied from.
pub fn clean_up() {
    drop(SHARED.lock().unwrap_or_else(PoisonError::into_inner).take());
    remove_template();
}
