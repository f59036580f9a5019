use serde::{Serialize, Serializer};

use crate::{
    Document, Provider,
    event::{excerpt, lenient::Lenient},
};

/// An authentic event that this crate has no type for, or whose shape is not the known one.
///
/// It is a value and not an error: the sender would only repeat it and then give up, and the event would be
/// lost. It serializes as its [`Document`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawEvent {
    /// The event's name on the wire.
    pub name: Box<str>,
    /// The room's id, where the document has one in a usual place.
    pub room_id: Option<Box<str>>,
    /// All that was sent.
    pub document: Document,
    /// For an event of a known name: how its shape differs from the known one.
    pub error: Option<Box<str>>,
}

impl RawEvent {
    /// Keeps an event of a name that no type stands for, or one that could not be read as its type.
    pub(crate) fn new<P: Provider>(
        name: &str,
        document: &Document,
        error: Option<serde_json::Error>,
    ) -> Self {
        // It quotes the unexpected value, which may be of any length.
        let error = error.map(|error| Box::from(excerpt(&error.to_string())));
        if let Some(error) = &error {
            // The handler of the known kind is not called, and the operator should know.
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
