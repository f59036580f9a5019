use std::{fs, io, time::Duration};

/// The CPU time that all threads of a process have had.
///
/// The same as utime and stime in `/proc/<pid>/stat`, which count in hundredths of a second: too coarse
/// for a short turn.
pub fn time(process: u32) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let line = fs::read_to_string(thread?.path().join("schedstat"))?;
        let on_cpu = line.split(' ').next().and_then(|number| number.parse::<u64>().ok());
        nanoseconds += on_cpu.ok_or(io::ErrorKind::InvalidData)?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}
