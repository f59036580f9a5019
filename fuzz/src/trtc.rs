use arbitrary::{Result, Unstructured};
use room_hooks::{Delivery, adapter::Headers};

use crate::{differential::check_trtc, halves, reference::sign_trtc};

/// The two headers of TRTC, with any bytes. If the fuzzer's `Sign` is empty, the body is signed.
/// Each header ends with a zero byte; the body follows.
pub(crate) fn headers(data: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(data);
    let key = *input.choose(&["secret", "0ld", "other", "wrong"])?;
    let (app_id, rest) = halves(input.take_rest());
    let (sign, body) = halves(rest);
    let sign = if sign.is_empty() { sign_trtc(key, body).into_bytes() } else { sign.to_vec() };
    check_trtc(Delivery::new(body).with_headers(&Signing { app_id, sign: &sign }));
    Ok(())
}

struct Signing<'a> {
    app_id: &'a [u8],
    sign: &'a [u8],
}

impl Headers for Signing<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        match name {
            "SdkAppId" => Some(self.app_id),
            "Sign" => Some(self.sign),
            _ => None,
        }
    }
}
