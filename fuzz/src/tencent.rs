use arbitrary::{Result, Unstructured};
use room_hooks::Delivery;

use crate::{differential::check_tencent, halves, receivers::NOW, reference::sign_tencent};

/// Queries from the fuzzer, some with a valid signature added in front. The body follows a zero
/// byte.
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
