//! The programs of PostgreSQL: their directory, and the user that they run as.

use std::{
    env,
    ffi::OsStr,
    fs,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

/// The user that the server runs as if this process is root, because it refuses to run as root.
const NOBODY: u32 = 65534;

/// The directory of the programs: on the path, or where Debian installs them.
static PROGRAMS: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).filter_map(|directory| {
        let program = fs::canonicalize(directory.join("postgres")).ok()?;
        Some(program.parent()?.to_owned())
    });
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    let is_complete = |bin: &PathBuf| {
        ["postgres", "initdb", "pg_isready", "pg_basebackup"]
            .iter()
            .all(|program| bin.join(program).is_file())
    };
    on_path.chain(versions.into_iter().rev()).find(is_complete)
});

pub(crate) fn are_installed() -> bool {
    PROGRAMS.is_some()
}

pub(crate) fn program(name: &str) -> PathBuf {
    PROGRAMS.as_ref().expect("PostgreSQL is installed").join(name)
}

/// A command that runs in a directory, as the user that owns it.
pub(crate) fn command(directory: &Path, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null());
    if is_root(directory) {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Runs a program until it exits.
pub(crate) fn run<A: AsRef<OsStr>>(
    directory: &Path,
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = A>,
) {
    let output = command(directory, &program).args(arguments).stderr(Stdio::piped()).output();
    let output = output.unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {error}", program.as_ref());
}

/// Gives a new directory to the user that the server runs as.
pub(crate) fn hand_over(directory: &Path) {
    if is_root(directory) {
        chown(directory, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

/// Whether this process is root, judging by the owner of a directory that it created and perhaps
/// has handed over.
fn is_root(directory: &Path) -> bool {
    [0, NOBODY].contains(&fs::metadata(directory).unwrap().uid())
}
