use std::{borrow::Cow, time::SystemTime};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    Contents, DeliveryId, Document, Provider, RequestData, RoomEvent, SecretName, Verified,
    event::{
        excerpt,
        unix_time::{at_millis, millis},
    },
    verify::verified::Attempt,
};

/// A verified event in a form that can be stored, for example in your own queue.
///
/// It contains the whole document without its signature, so a reader of the queue cannot use it to
/// forge a callback. Its type does not prove that it was verified: code that reads it back must
/// trust the queue.
///
/// ```
/// # use std::time::SystemTime;
/// use room_hooks::{StoredDelivery, Verified, zego};
///
/// # fn queue(created: Verified<zego::RoomCreated>) -> Result<(), Box<dyn std::error::Error>> {
/// let json = serde_json::to_string(&created.to_stored())?;
/// // … later, in another process:
/// let stored: StoredDelivery = serde_json::from_str(&json)?;
/// let again: Verified<zego::Event> = stored.dangerous_into_verified()?;
/// assert_eq!(again.id(), created.id());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredDelivery {
    /// The provider's name, such as `zego`.
    pub provider: Cow<'static, str>,
    /// The app that sent the event.
    pub app_id: u64,
    /// The [`DeliveryId`] that the event shares with its retries, as hex digits.
    pub id: Option<String>,
    /// When the event was sent, in Unix milliseconds.
    pub sent_at: Option<u64>,
    /// The secret that signed the event: `current`, `previous-1` and so on.
    pub secret: Option<String>,
    /// The whole document without its signature, serialized as a string.
    #[serde(serialize_with = "Document::to_stored", deserialize_with = "Document::from_stored")]
    pub document: Document,
    /// The request data that the receiver selected. Not signed.
    #[serde(default)]
    pub request: RequestData,
    /// Values sent alongside the document, by their names on the wire. Not signed.
    #[serde(default)]
    parameters: Vec<(Cow<'static, str>, Box<str>)>,
    #[serde(default)]
    request_id: Option<Box<str>>,
    #[serde(default)]
    is_repaired: bool,
    /// When the event was first received, in Unix milliseconds.
    #[serde(default)]
    first_received_at: u64,
}

/// Why a stored delivery cannot be restored.
///
/// ```
/// use room_hooks::{RestoreError, StoredDelivery, Verified, zego};
///
/// fn restore(stored: StoredDelivery) -> Option<Verified<zego::RoomCreated>> {
///     match stored.dangerous_into_verified() {
///         Ok(created) => Some(created),
///         Err(RestoreError::OtherKind) => None,
///         Err(error) => {
///             eprintln!("{error}");
///             None
///         }
///     }
/// }
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The delivery comes from another provider. The text is its name, cut to 128 characters.
    #[error("the stored delivery comes from {0}")]
    OtherProvider(String),
    /// The delivery is an event of another kind.
    #[error("the stored delivery is an event of another kind")]
    OtherKind,
    /// The delivery's id is not in this version's format. Without the id, a retry would count as a
    /// second delivery.
    #[error("the id of the stored delivery cannot be read")]
    UnreadableId,
    /// The delivery's document is not an event.
    #[error("the stored delivery cannot be read")]
    Unreadable(#[source] serde_json::Error),
}

impl<E: RoomEvent> Verified<E> {
    /// Returns the event in a form that can be stored.
    #[must_use]
    pub fn to_stored(&self) -> StoredDelivery {
        StoredDelivery {
            provider: E::Provider::NAME.into(),
            app_id: self.app_id,
            id: self.id().map(|id| id.to_string()),
            sent_at: self.sent_at.and_then(millis),
            secret: self.secret.map(|secret| secret.to_string()),
            document: self.document.without_signature(),
            request: self.request.clone(),
            parameters: self.parameters.clone(),
            request_id: self.request_id.clone(),
            is_repaired: self.document.is_repaired(),
            first_received_at: millis(self.first_received_at()).unwrap_or_default(),
        }
    }
}

impl StoredDelivery {
    /// Restores a [`Verified`] **without verifying anything**. Anyone who can write to the queue
    /// can forge events.
    ///
    /// # Errors
    ///
    /// The delivery comes from another provider, is an event of another kind or not an event at
    /// all, or its id cannot be read.
    pub fn dangerous_into_verified<E: RoomEvent>(self) -> Result<Verified<E>, RestoreError> {
        let Self { provider, app_id, document, request, parameters, request_id, .. } = self;
        if provider != E::Provider::NAME {
            return Err(RestoreError::OtherProvider(excerpt(&provider).to_owned()));
        }
        let stored_id = match self.id {
            Some(id) => Some(DeliveryId::parse(&id).ok_or(RestoreError::UnreadableId)?),
            None => None,
        };
        let document = Document::new::<E::Provider>(document.as_str());
        let document = document.with_repaired(self.is_repaired);
        let event = document.decode::<E::Any>().map_err(RestoreError::Unreadable)?;
        let verified = Verified::new(Contents {
            event,
            app_id,
            sent_at: self.sent_at.and_then(at_millis),
            secret: self.secret.as_deref().and_then(SecretName::parse),
            document,
            request,
            parameters,
            request_id,
            signature: None,
            stored_id,
            attempt: Attempt {
                first_received_at: at_millis(self.first_received_at)
                    .unwrap_or(SystemTime::UNIX_EPOCH),
                ..Attempt::default()
            },
        });
        verified.downcast().map_err(|_| RestoreError::OtherKind)
    }
}
