use std::{
    fs,
    io::{self, Read},
    path::Path,
    time::{Duration, SystemTime},
};

use crate::Error;

/// Reads a file, or standard input where it is called `-`.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Error> {
    let bytes = match file.as_os_str() == "-" {
        true => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        }
        false => fs::read(file),
    };
    bytes.map_err(|error| format!("{}: {error}", file.display()).into())
}

/// A time in Unix seconds.
pub(crate) fn unix_seconds(text: &str) -> Result<SystemTime, &'static str> {
    let seconds = text.parse().map_err(|_| "it is no number of seconds")?;
    SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_secs(seconds))
        .ok_or("that time is beyond this machine's clock")
}
