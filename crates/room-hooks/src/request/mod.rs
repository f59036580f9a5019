//! Stage 1, bytes in: the delivery, the body reader, and the encodings of queries and forms.

pub(crate) mod body_reader;
pub(crate) mod delivery;
pub(crate) mod form;
pub(crate) mod request_data;
