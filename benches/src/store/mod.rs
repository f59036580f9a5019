//! What the benches of delivery store share: deliveries as a store knows them, and when they arrive.

mod arrivals;
mod cached;
mod granting;
mod recorded;

pub use self::arrivals::{Arrivals, Signatures};
pub use self::cached::Cached;
pub use self::granting::Granting;
pub use self::recorded::Recorded;
