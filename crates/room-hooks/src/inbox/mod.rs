#![doc = include_str!("docs.md")]

mod any_handlers;
mod attempt;
mod backoff;
mod discard;
mod heartbeat;
mod maintenance;
mod run;
mod spill;
mod store;
mod stored_event;
mod worker;

pub use self::backoff::Backoff;
pub use self::discard::Discard;
pub use self::store::memory::MemoryInbox;
pub use self::store::{
    AttemptId, ClaimRequest, ClaimedEvent, Claims, Ending, EventRecord, EventState, InboxError,
    InboxOperation, InboxStats, InboxStore, NewEvent, PutOutcome, Retention, WorkerId,
};
pub use self::worker::Worker;
pub use crate::hooks::OnInboxFailure;

pub(crate) use self::{spill::Spill, stored_event::stored_event};
