//! Stage 2, who sent it: providers, their apps and secrets, and a delivery's freshness.

pub(crate) mod apps;
pub(crate) mod digest;
pub(crate) mod extension;
pub(crate) mod freshness;
pub(crate) mod lookup;
pub(crate) mod provider;
pub(crate) mod receiver;
pub(crate) mod secrets;
pub(crate) mod stored;
pub(crate) mod unhandled;
pub(crate) mod verified;
