use arbitrary::{Result, Unstructured};
use room_hooks::{Delivery, adapter::Headers};

use crate::{differential::check_trtc, halves, reference::sign_trtc};

/// The two headers of TRTC's, which may be of any bytes; without a `Sign` of the fuzzer's, the body
/// is well signed. Each ends with a zero, then comes the body.
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
