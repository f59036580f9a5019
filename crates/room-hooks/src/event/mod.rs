//! Stage 3, what it says: the document, its values, the table of a provider's events, and the delivery id.

pub(crate) mod canonical;
pub(crate) mod document;
pub(crate) mod excerpt;
pub(crate) mod id;
pub(crate) mod lenient;
pub(crate) mod members;
pub(crate) mod other;
pub(crate) mod scalar;
pub(crate) mod scanner;
pub(crate) mod surrogates;
pub(crate) mod table;
pub(crate) mod unix_time;
pub(crate) mod wire;
