use std::{
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// The latest time that the clock has shown.
///
/// A clock that jumps back would make a stale signature fresh again after the store has forgotten what
/// came with it. So time does not run backwards here: until the clock has caught up, it stands.
#[derive(Debug, Clone)]
pub(super) struct Latest(Arc<Mutex<SystemTime>>);

impl Latest {
    pub(super) fn no_earlier(&self, now: SystemTime) -> SystemTime {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = now.max(*latest);
        *latest
    }
}

impl Default for Latest {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(SystemTime::UNIX_EPOCH)))
    }
}
