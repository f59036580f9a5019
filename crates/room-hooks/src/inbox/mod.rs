//! Stage 6, the durable inbox.

mod store;

pub use self::store::{
    AttemptId, ClaimRequest, ClaimedEvent, Claims, Ending, InboxError, InboxOperation, InboxStats,
    InboxStore, NewEvent, PutOutcome, Retention, WorkerId,
};
