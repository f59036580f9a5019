//! Each adapter behind a real socket: the result does not depend on how a body is divided into
//! chunks.

mod client;
mod served;

use std::fmt::Debug;

use arbitrary::{Result, Unstructured};
use room_hooks::{Contents, Delivery, Receiver, Verified, trtc};

use self::{
    client::Request,
    served::{ACTIX, AXUM, Served, WARP},
};
use crate::{
    receivers::{self, SEVERAL},
    reference::sign_trtc,
};

/// The body limit in bytes.
const BODY_LIMIT: usize = 1000;

pub(crate) fn actix(data: &[u8]) -> Result<()> {
    chunked(&ACTIX, data)
}

pub(crate) fn axum(data: &[u8]) -> Result<()> {
    chunked(&AXUM, data)
}

pub(crate) fn warp(data: &[u8]) -> Result<()> {
    chunked(&WARP, data)
}

fn receiver() -> Receiver<trtc::Trtc> {
    receivers::trtc(&SEVERAL).with_body_limit(BODY_LIMIT)
}

/// Sends a TRTC body, whose signature covers every byte, in chunks of any length.
fn chunked(served: &Served, data: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(data);
    let (app, key) =
        *input.choose(&[("1", "secret"), ("1", "0ld"), ("20", "other"), ("1", "wrong")])?;
    let repeated = input.int_in_range(1..=8)?;
    let lengths: Vec<u8> = (0..4).map(|_| input.arbitrary()).collect::<Result<_>>()?;
    let body = input.take_rest().repeat(repeated);

    let headers =
        vec![("SdkAppId".to_owned(), app.to_owned()), ("Sign".to_owned(), sign_trtc(key, &body))];
    let delivery = Delivery::new(&body).with_headers(&headers);
    let expected = receiver().receive::<trtc::Event>(delivery, receivers::now());
    let request = Request { headers: &headers, body: &body, lengths: &lengths };
    let (status, handled) = served.answer(&request);
    let handled: Vec<_> = handled.iter().map(sent).collect();
    match expected {
        Ok(verified) => assert_eq!((status, handled), (200, vec![sent(&verified)])),
        Err(not_delivered) => assert_eq!((status, handled), (not_delivered.status(), vec![])),
    }
    Ok(())
}

/// The received contents without the time of receipt.
fn sent(verified: &Verified<trtc::Event>) -> impl PartialEq + Debug {
    let Contents { event, app_id, sent_at, secret, document, .. } = &**verified;
    (event.clone(), *app_id, *sent_at, *secret, document.clone())
}
