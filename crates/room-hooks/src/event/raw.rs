use serde::{Serialize, Serializer};

use crate::{
    Document, Provider,
    event::{excerpt, lenient::Lenient},
};

/// An authentic event or question that this crate has no type for, or whose shape is unexpected.
///
/// A `RawEvent` is a value and not an error: after an error, the sender would retry and then give
/// up, and the event would be lost. It serializes like its [`Document`].
///
/// ```
/// use room_hooks::{Hooks, Verified, zego::{Event, Zego}};
///
/// fn hooks(zego: Zego) -> Hooks<Zego> {
///     Hooks::new(zego).fallback(async |verified: Verified<Event>| {
///         if let Event::Raw(raw) = &verified.event {
///             println!("{} in room {:?}: {:?}", raw.name, raw.room_id, raw.error);
///         }
///     })
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawEvent {
    /// The event's name on the wire.
    pub name: Box<str>,
    /// The room's id, if the document has it in one of the usual places.
    pub room_id: Option<Box<str>>,
    /// The complete document.
    pub document: Document,
    /// Why a known event could not be read as its type; `None` for an unknown event.
    pub error: Option<Box<str>>,
}

impl RawEvent {
    /// Keeps an event that has no type, or that could not be read as its type.
    pub(crate) fn new<P: Provider>(
        name: &str,
        document: &Document,
        error: Option<serde_json::Error>,
    ) -> Self {
        // The error quotes the unexpected value, which may be of any length.
        let error = error.map(|error| Box::from(excerpt(&error.to_string())));
        if let Some(error) = &error {
            // The handler for the known kind is not called, so the operator is warned.
            tracing::warn!(
                event = excerpt(name),
                error,
                "known event failed to parse; delivered as unknown"
            );
        }
        let room_id = P::ROOM_ID.iter().find_map(|path| {
            let mut value = serde_json::Deserializer::from_str(document.at(path)?);
            String::read(&mut value).ok().flatten()
        });
        Self {
            name: name.into(),
            room_id: room_id.map(Into::into),
            document: document.clone(),
            error,
        }
    }
}

impl Serialize for RawEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}
