use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use crate::{Callback, Provider, event::excerpt};

/// Authentic callbacks that found no handler, by their types. Each type is logged once.
#[derive(Debug, Default)]
pub(crate) struct Unhandled(Mutex<BTreeSet<&'static str>>);

impl Unhandled {
    /// Warns about an event or question without a handler, once per kind.
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
