//! The directories of servers.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::programs::{hand_over, program, run};

pub(crate) fn new_directory() -> PathBuf {
    static DIRECTORIES: AtomicU32 = AtomicU32::new(0);
    let number = DIRECTORIES.fetch_add(1, Ordering::Relaxed);
    let directory = env::temp_dir().join(format!("test-postgres-{}-{number}", process::id()));
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir(&directory).unwrap();
    hand_over(&directory);
    directory
}

/// A new directory with the files of a server that has never run.
pub(crate) fn new_server() -> PathBuf {
    let directory = new_directory();
    run(&directory, "cp", ["-a", &path(&template()), &path(&directory.join("data"))]);
    directory
}

pub(crate) fn path(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// The files to copy for each server, because `initdb` takes a second.
static TEMPLATE: Mutex<Option<PathBuf>> = Mutex::new(None);

fn template() -> PathBuf {
    let mut template = TEMPLATE.lock().unwrap_or_else(PoisonError::into_inner);
    let create = || {
        let directory = new_directory();
        let data = path(&directory.join("data"));
        let arguments = ["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"];
        let locale = ["--locale=C.UTF-8"];
        run(&directory, program("initdb"), arguments.iter().chain(&locale));
        directory
    };
    template.get_or_insert_with(create).join("data")
}

pub(crate) fn remove_template() {
    let template = TEMPLATE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(template) = template {
        let _ = fs::remove_dir_all(template);
    }
}
