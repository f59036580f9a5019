use arbitrary::{Result, Unstructured};
use room_hooks::Delivery;

use crate::{differential::check_tencent, halves, receivers::NOW, reference::sign_tencent};

/// Queries, well signed for the most part, of which the rest is the fuzzer's; the body follows a
/// zero.
pub(crate) fn queries(data: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(data);
    let is_signed = input.arbitrary()?;
    let token = *input.choose(&["secret", "0ld", "other", "wrong"])?;
    let (rest, body) = halves(input.take_rest());
    let query = match (is_signed, String::from_utf8_lossy(rest)) {
        (true, rest) => {
            format!("Sign={}&RequestTime={NOW}&{rest}", sign_tencent(token, &NOW.to_string()))
        }
        (false, rest) => rest.into_owned(),
    };
    check_tencent(Delivery::new(body).with_query(&query));
    Ok(())
}
