use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use crate::{Callback, Provider, event::excerpt};

/// The authentic callbacks that found no handler, by the type to ask for. The log has each once.
#[derive(Debug, Default)]
pub(crate) struct Unhandled(Mutex<BTreeSet<&'static str>>);

impl Unhandled {
    /// Warns of an event or a question without a handler, unless one of its kind was warned of before.
    pub(crate) fn warn<C: Callback>(&self, callback: &C) {
        let mut types = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if types.insert(callback.rust_type()) {
            tracing::warn!(
                provider = C::Provider::NAME,
                event = excerpt(callback.name()),
                rust_type = callback.rust_type(),
                "no handler for this kind of callback; logged once per kind"
            );
        }
    }
}
