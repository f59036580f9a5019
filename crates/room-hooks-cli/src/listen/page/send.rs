//! What the page sends: only to `listen` itself, and signed only if a signature verified it on arrival.

use std::{sync::Arc, time::SystemTime};

use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use room_hooks::testing::SignedDelivery;
use room_hooks_ui::parts::problem;
use serde::Deserialize;
use tokio::task::spawn_blocking;

use crate::{Error, encoding::Encoding, http::Target, recording::Record, resign};

use super::{Deliveries, SITE, not_found};

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
    Form(Again { id, r#as }): Form<Again>,
) -> Response {
    let Some(entry) = deliveries.ring.get(id) else { return not_found() };
    let record = &entry.passed.record;
    let delivery = match r#as {
        As::Recorded => record.as_recorded(),
        As::Resigned => resigned(&deliveries, record),
    };
    post(&deliveries, record, delivery).await
}

fn resigned(deliveries: &Deliveries, record: &Record) -> Result<SignedDelivery, Error> {
    let provider = deliveries.provider(record.provider).ok_or("an unknown provider")?;
    resign::with_new_time(record.verified()?, provider)?
        .ok_or_else(|| "There is no event in it that could be signed.".into())
}

#[derive(Debug, Deserialize)]
pub(super) struct Edited {
    id: u64,
    event: String,
    /// Present if it was chosen.
    sign: Option<String>,
}

pub(super) async fn edited(
    State(deliveries): State<Arc<Deliveries>>,
    Form(edited): Form<Edited>,
) -> Response {
    let Some(entry) = deliveries.ring.get(edited.id) else { return not_found() };
    let record = &entry.passed.record;
    let delivery = edited.delivery(&deliveries, record);
    post(&deliveries, record, delivery).await
}

impl Edited {
    fn delivery(&self, deliveries: &Deliveries, record: &Record) -> Result<SignedDelivery, Error> {
        // What was refused may be an attacker's.
        record.verified()?;
        let recorded = record.as_recorded()?;
        if self.sign.is_none() {
            // A form ends each line with CR LF.
            let body = self.event.replace("\r\n", "\n").into_bytes();
            return Ok(SignedDelivery::new(recorded.query, recorded.headers, body));
        }
        if !deliveries.may_sign {
            return Err("It is not signed, since `listen` forwards to another machine.".into());
        }
        let event = serde_json::from_str(&self.event)
            .map_err(|error| format!("The event is not JSON: {error}"))?;
        let provider = deliveries.provider(record.provider).ok_or("an unknown provider")?;
        provider.sign(&event, Encoding::of(&recorded.body), SystemTime::now())
    }
}

/// Posts a delivery to `listen` at the path of a record, and leads back to the list, where it then is.
async fn post(
    deliveries: &Deliveries,
    record: &Record,
    delivery: Result<SignedDelivery, Error>,
) -> Response {
    let client = deliveries.origin.parse().map_err(Error::from);
    let client = client.and_then(|to| Target::new(to, false, "--addr").client(&record.path));
    let (client, delivery) = match (client, delivery) {
        (Ok(client), Ok(delivery)) => (client, delivery),
        (Err(error), _) | (_, Err(error)) => {
            return problem(SITE, StatusCode::BAD_REQUEST, error.to_string());
        }
    };
    let status = match spawn_blocking(move || client.post(&delivery)).await {
        Ok(Ok(answer)) => answer.status,
        _ => 0,
    };
    Redirect::to(&format!("deliveries?sent={status}")).into_response()
}
