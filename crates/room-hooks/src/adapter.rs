//! Building blocks for framework adapters.
//!
//! `room-hooks-tower` takes any request of the `http` crate, so most frameworks need no adapter of their own.
//! One that does passes a request on in three steps, and translates the response:
//!
//! ```
//! use std::time::SystemTime;
//!
//! use room_hooks::{Delivery, NotDelivered, Receiver, Verified, adapter::BodyReader, zego::{self, Zego}};
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
//!     // 1. Check the head. The reader also has the timeout for the body.
//!     let head = Delivery::new(b"").with_query(&request.query).with_headers(&request.headers);
//!     let mut reader = receiver.body_reader(&request.method, head)?;
//!     // 2. Read the body. `reader` makes the refusals of bodies that end badly.
//!     for chunk in &request.chunks {
//!         reader.push(chunk)?;
//!     }
//!     let body = reader.finish(SystemTime::now())?;
//!     // 3. Verify the whole.
//!     receiver.receive(head.with_body(&body), SystemTime::now())
//! }
//! ```

pub use crate::{
    event::received::Received,
    request::{body_reader::BodyReader, delivery::Headers},
    response::disposition::CallbackResponse,
    verify::extension::VerifiedExtension,
};
