use arbitrary::{Result, Unstructured};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use room_hooks::Delivery;

use crate::{differential::check_zego, receivers::NOW, reference::sign_zego};

/// A nonce that, followed by the current time, has the digits of a timestamp from a minute ago and
/// a nonce in ZEGO's format.
const DIVIDED: &str = "1757499940754840476";

/// Bodies in every encoding, most with a valid signature at the start. The fuzzer provides the
/// rest.
pub(crate) fn bodies(data: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(data);
    let beginning =
        *input.choose(&["", "json", "marked", "percent", "percent, colons bare", "form"])?;
    let secret = *input.choose(&["secret", "0ld", "other", "wrong"])?;
    let nonce = *input.choose(&["350176", "7549208172915589120", DIVIDED])?;
    let signature = sign_zego(secret, &NOW.to_string(), nonce);
    let json = format!(r#"{{"timestamp":{NOW},"nonce":"{nonce}","signature":"{signature}","#);
    let encoded = || utf8_percent_encode(&json, NON_ALPHANUMERIC).to_string();
    let beginning = match beginning {
        "json" => json,
        "marked" => format!("\u{feff} \r\n{json}"),
        "percent" => encoded(),
        "percent, colons bare" => encoded().replace("%3A", ":"),
        "form" => format!("timestamp={NOW}&nonce={nonce}&signature={signature}&"),
        _ => String::new(),
    };
    let body = [beginning.as_bytes(), input.take_rest()].concat();
    check_zego(Delivery::new(&body));
    Ok(())
}
