//! Building blocks for framework adapters.
//!
//! `room-hooks-tower` accepts any request of the `http` crate, so most frameworks need no adapter.
//! An adapter for another framework handles a request in three steps, and translates the response:
//!
//! ```
//! use std::time::SystemTime;
//!
//! use room_hooks::{
//!     Delivery, NotDelivered, Receiver, Verified,
//!     adapter::BodyReader,
//!     zego::{self, Zego},
//! };
//!
//! /// A request as a framework might hold it.
//! struct Request {
//!     method: String,
//!     query: String,
//!     headers: Vec<(String, String)>,
//!     chunks: Vec<Vec<u8>>,
//! }
//!
//! fn receive(
//!     receiver: &Receiver<Zego>,
//!     request: &Request,
//! ) -> Result<Verified<zego::Event>, NotDelivered> {
//!     // 1. Check the head.
//!     let head = Delivery::new(b"").with_query(&request.query).with_headers(&request.headers);
//!     let mut reader: BodyReader<'_, Zego> = receiver.body_reader(&request.method, head)?;
//!     // 2. Read the body within `reader.timeout()`, or else return `reader.timed_out()`.
//!     for chunk in &request.chunks {
//!         reader.push(chunk)?;
//!     }
//!     let body = reader.finish(SystemTime::now())?;
//!     // 3. Verify the delivery.
//!     receiver.receive(head.with_body(&body), SystemTime::now())
//! }
//! ```
//!
//! With [`Hooks`](crate::Hooks), the third step is [`Hooks::deliver`](crate::Hooks::deliver), and
//! [`Hooks::respond_to`](crate::Hooks::respond_to) turns a `NotDelivered` into the response.

pub use crate::{
    event::received::Received,
    request::{body_reader::BodyReader, delivery::Headers},
    response::disposition::CallbackResponse,
    verify::extension::VerifiedExtension,
};
