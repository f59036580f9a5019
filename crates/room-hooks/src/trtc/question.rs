use std::convert::Infallible;

use serde::Serialize;

use crate::{Callback, Facts, adapter::Received};

use super::Trtc;

/// TRTC asks no questions, so this type has no values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_enums, reason = "the type has no values")]
pub enum Question {}

impl Callback for Question {
    type Provider = Trtc;
    type Any = Self;
    const KIND: Option<&'static str> = None;

    fn downcast(any: Self) -> Result<Self, Self> {
        Ok(any)
    }

    fn select(received: Received<Trtc>) -> Result<Self, Received<Trtc>> {
        Err(received)
    }

    fn rust_type(&self) -> &'static str {
        match *self {}
    }

    fn name(&self) -> &str {
        match *self {}
    }

    fn facts(&self) -> Facts<'_> {
        match *self {}
    }
}

impl crate::Question for Question {
    type Decision = Infallible;
}
