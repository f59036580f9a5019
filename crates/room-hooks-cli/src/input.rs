use std::{
    fs,
    io::{self, Read},
    path::Path,
    time::{Duration, SystemTime},
};

use crate::Error;

/// The name of a file in messages.
pub(crate) fn name(file: &Path) -> String {
    match file.as_os_str() == "-" {
        true => "standard input".to_owned(),
        false => file.display().to_string(),
    }
}

/// Reads a file, or standard input if the path is `-`.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Error> {
    let bytes = match file.as_os_str() == "-" {
        true => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        }
        false => fs::read(file),
    };
    bytes.map_err(|error| format!("{}: {error}", name(file)).into())
}

/// Reads a file like [`read`], but refuses more than `limit` bytes.
pub(crate) fn read_at_most(file: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    // One byte more, to distinguish a file of exactly this size from a larger one.
    let read = match file.as_os_str() == "-" {
        true => io::stdin().take(limit + 1).read_to_end(&mut bytes),
        false => fs::File::open(file).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes)),
    };
    read.map_err(|error| format!("{}: {error}", name(file)))?;
    if bytes.len() as u64 > limit {
        let limit = limit / (1024 * 1024);
        return Err(format!(
            "{} has more than {limit} MiB: pass only the part with the callback",
            name(file)
        )
        .into());
    }
    Ok(bytes)
}

/// Parses a time in Unix seconds.
pub(crate) fn unix_seconds(text: &str) -> Result<SystemTime, &'static str> {
    let seconds = text.parse().map_err(|_| "not a number of seconds")?;
    // From 1973 to 5138, if it is in milliseconds.
    if (100_000_000_000..100_000_000_000_000).contains(&seconds) {
        return Err("that looks like milliseconds: leave out the last three digits");
    }
    SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_secs(seconds))
        .ok_or("beyond the range of this machine's clock")
}
