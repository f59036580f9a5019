use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    process,
    str::FromStr,
    sync::Arc,
};

/// A file to which every process appends its actions, one per line. Each line is one write, so that
/// a kill cannot tear it.
#[derive(Debug, Clone)]
pub(super) struct Ledger(Arc<File>);

/// A line of the ledger: a process, its action and the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) process: u32,
    pub(super) act: Act,
    pub(super) event: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// The sender received 200.
    Answered,
    /// The handler was called.
    Started,
    /// The handler has succeeded.
    Handled,
    /// The inbox has settled the event as done.
    Finished,
    /// The inbox has refused to settle it, because another worker has the event.
    Lost,
}

const ACTS: [(&str, Act); 5] = [
    ("answered", Act::Answered),
    ("started", Act::Started),
    ("handled", Act::Handled),
    ("finished", Act::Finished),
    ("lost", Act::Lost),
];

impl Ledger {
    pub(super) fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self(Arc::new(File::options().create(true).append(true).open(path)?)))
    }

    pub(super) fn note(&self, act: Act, event: u64) {
        let (name, _) = ACTS.iter().find(|(_, known)| *known == act).unwrap();
        let line = format!("{} {name} {event}\n", process::id());
        (&*self.0).write_all(line.as_bytes()).unwrap();
    }

    pub(super) fn read(path: impl AsRef<Path>) -> Vec<Entry> {
        fs::read_to_string(path).unwrap().lines().map(|line| line.parse().unwrap()).collect()
    }
}

impl FromStr for Entry {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let entry = || {
            let mut words = line.split(' ');
            let process = words.next()?.parse().ok()?;
            let name = words.next()?;
            let (_, act) = ACTS.iter().find(|(known, _)| *known == name)?;
            Some(Self { process, act: *act, event: words.next()?.parse().ok()? })
        };
        entry().ok_or_else(|| format!("not a line of a ledger: {line:?}"))
    }
}
