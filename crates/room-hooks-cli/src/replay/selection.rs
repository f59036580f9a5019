use clap::Args;

use crate::{provider::ProviderName, recording::Record, subject::Subject};

/// The deliveries of a recording to send.
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
pub(super) struct Selection {
    /// Only deliveries from this provider; may be repeated, like each filter
    #[arg(long)]
    provider: Vec<ProviderName>,
    /// Only this event, by its name on the wire or as `room-hooks events` lists it
    #[arg(long, value_name = "EVENT")]
    event: Vec<String>,
    /// Only events of this room
    #[arg(long, value_name = "ROOM")]
    room: Vec<String>,
    /// Only deliveries that a signature verified when they arrived
    #[arg(long)]
    verified: bool,
}

impl Selection {
    pub(super) fn includes_provider(&self, provider: ProviderName) -> bool {
        self.provider.is_empty() || self.provider.contains(&provider)
    }

    pub(super) fn includes(&self, record: &Record, subject: Option<&Subject>) -> bool {
        let is_event = |wanted: &String| {
            let names = subject.map(|subject| [&*subject.name, subject.kind]);
            names.is_some_and(|names| names.iter().any(|name| name.eq_ignore_ascii_case(wanted)))
        };
        let is_room =
            |wanted: &String| subject.and_then(|subject| subject.room_id.as_ref()) == Some(wanted);
        self.includes_provider(record.provider)
            && (self.event.is_empty() || self.event.iter().any(is_event))
            && (self.room.is_empty() || self.room.iter().any(is_room))
            && (!self.verified || record.verified().is_ok())
    }
}
