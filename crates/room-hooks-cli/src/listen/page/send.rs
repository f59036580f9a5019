//! Sends deliveries from the page, only to `listen` itself, and signs only those that a signature
//! verified on arrival.

use std::{sync::Arc, time::SystemTime};

use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use room_hooks::testing::SignedDelivery;
use room_hooks_ui::parts::problem;
use serde::Deserialize;
use tokio::task::spawn_blocking;

use crate::{Error, encoding::Encoding, http::Client, recording::Record, resign};

use super::{Deliveries, SITE, bad_request, not_found};

#[derive(Debug, Deserialize)]
pub(super) struct Again {
    id: u64,
    r#as: As,
}

/// How a delivery is sent again.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum As {
    Recorded,
    Resigned,
}

pub(super) async fn again(
    State(deliveries): State<Arc<Deliveries>>,
    form: Result<Form<Again>, FormRejection>,
) -> Response {
    let Ok(Form(Again { id, r#as })) = form else { return bad_request() };
    let Some(entry) = deliveries.ring.get(id) else { return not_found() };
    if !entry.passed.is_whole {
        return bad_request();
    }
    let record = &entry.passed.record;
    let delivery = match r#as {
        As::Recorded => record.as_recorded(),
        As::Resigned => resigned(&deliveries, record),
    };
    post(&deliveries, record, delivery).await
}

fn resigned(deliveries: &Deliveries, record: &Record) -> Result<SignedDelivery, Error> {
    let provider = deliveries.provider(record.provider).ok_or("unknown provider")?;
    resign::with_new_time(record.verified()?, provider)?
        .ok_or_else(|| "The delivery contains no event to sign.".into())
}

#[derive(Debug, Deserialize)]
pub(super) struct Edited {
    id: u64,
    event: String,
    /// Present if the checkbox is checked.
    sign: Option<String>,
}

pub(super) async fn edited(
    State(deliveries): State<Arc<Deliveries>>,
    form: Result<Form<Edited>, FormRejection>,
) -> Response {
    let Ok(Form(edited)) = form else { return bad_request() };
    let Some(entry) = deliveries.ring.get(edited.id) else { return not_found() };
    if !entry.passed.is_whole {
        return bad_request();
    }
    let record = &entry.passed.record;
    let delivery = edited.delivery(&deliveries, record);
    post(&deliveries, record, delivery).await
}

impl Edited {
    fn delivery(&self, deliveries: &Deliveries, record: &Record) -> Result<SignedDelivery, Error> {
        // A refused delivery may come from an attacker.
        record.verified()?;
        if !deliveries.may_edit {
            return Err(
                "The delivery cannot be edited, because `listen` may forward to another machine."
                    .into(),
            );
        }
        let recorded = record.as_recorded()?;
        let provider = deliveries.provider(record.provider).ok_or("unknown provider")?;
        if self.sign.is_some() {
            let event = serde_json::from_str(&self.event)
                .map_err(|error| format!("The event is not JSON: {error}"))?;
            return provider.sign(&event, Encoding::of(&recorded.body), SystemTime::now());
        }
        // A form sends line breaks as CR LF.
        let body = self.event.replace("\r\n", "\n").into_bytes();
        let unsigned = SignedDelivery::new(recorded.query, recorded.headers, body);
        // ZEGO and Tencent do not sign the body, so the original signature may still be valid for
        // the edited one.
        match provider.receive(unsigned.as_delivery(), SystemTime::now()) {
            Ok(_) => Err("The original signature is still valid, and would make the edited event \
                          authentic. Sign the event, or wait until the signature is stale."
                .into()),
            Err(_) => Ok(unsigned),
        }
    }
}

/// Posts a delivery to `listen` at the path of a record, and redirects to the list, which then
/// shows it.
async fn post(
    deliveries: &Deliveries,
    record: &Record,
    delivery: Result<SignedDelivery, Error>,
) -> Response {
    let delivery = match delivery {
        Ok(delivery) => delivery,
        Err(error) => return problem(SITE, StatusCode::BAD_REQUEST, error.to_string()),
    };
    // The address is always the one that `listen` itself has bound.
    let client = Client::new(format!("{}{}", deliveries.origin, record.path()));
    match spawn_blocking(move || client.post(&delivery)).await {
        Ok(Ok(answer)) => {
            Redirect::to(&format!("deliveries?sent={}", answer.status)).into_response()
        }
        Ok(Err(error)) => problem(SITE, StatusCode::BAD_GATEWAY, error.to_string()),
        Err(_) => problem(SITE, StatusCode::BAD_GATEWAY, "The delivery was not sent."),
    }
}
