//! Code that the benches of delivery stores share: delivery keys and their arrival times.

mod arrivals;
mod cached;
mod granting;
mod recorded;

pub use self::arrivals::{Arrivals, Signatures};
pub use self::cached::Cached;
pub use self::granting::Granting;
pub use self::recorded::Recorded;
