//! The cost of a request, before and after it authenticates, relative to flat JSON of the same
//! size.
//!
//! Timings are meaningful only in a release build:
//! `cargo test --release -p room-hooks --test request_cost`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "the test measures time")]

use std::{
    fmt::Write,
    iter,
    time::{Duration, Instant, SystemTime},
};

use room_hooks::{
    Delivery, Provider, Receiver, Verified,
    tencent::{self, Tencent},
    trtc::Trtc,
    zego::{self, Zego},
};

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_757_500_000)
}

const MEBIBYTE: usize = 1 << 20;

/// The shortest of several runs, which was disturbed least.
fn time(mut run: impl FnMut()) -> Duration {
    let run = || {
        let begun = Instant::now();
        run();
        begun.elapsed()
    };
    iter::repeat_with(run).take(7).min().unwrap()
}

fn at_most_twice(what: &str, first: impl FnMut(), second: impl FnMut()) {
    at_most(2.0, what, first, second);
}

/// Fails if the first takes more than `times` as long as the second. Repeats the measurement in
/// case the machine was busy.
fn at_most(times: f64, what: &str, mut first: impl FnMut(), mut second: impl FnMut()) {
    let mut ratios = iter::repeat_with(|| {
        let (first, second) = (time(&mut first), time(&mut second));
        first.as_secs_f64() / second.as_secs_f64()
    });
    let ratio = ratios.by_ref().take(5).find(|ratio| *ratio <= times);
    assert!(ratio.is_some(), "{what}: {:.1} times the cost", ratios.next().unwrap());
}

/// Text of at most 1 MiB, with as many numbered parts as fit.
fn mebibyte(begin: &str, end: &str, part: impl Fn(&mut String, usize)) -> String {
    let mut text = begin.to_owned();
    for number in 0.. {
        let length = text.len();
        part(&mut text, number);
        if text.len() + end.len() > MEBIBYTE {
            text.truncate(length);
            break;
        }
    }
    text + end
}

/// Flat JSON: many members with short names and values.
fn flat_json() -> String {
    mebibyte("{", r#""z":0}"#, |json, number| write!(json, r#""{number:x}":1,"#).unwrap())
}

fn refuse<P: Provider>(receiver: &Receiver<P>, delivery: Delivery<'_>) {
    let received: Result<Verified<P::Event>, _> = receiver.receive(delivery, now());
    assert!(received.is_err());
}

#[test]
#[cfg_attr(debug_assertions, ignore = "timing is meaningful only in a release build")]
fn an_unauthenticated_form_costs_at_most_twice_the_cpu_of_json() {
    let zego = Receiver::new(Zego::new(1, "secret").unwrap());
    let refuse = |body: &str| refuse(&zego, Delivery::new(body.as_bytes()));
    let json = flat_json();
    let signed = "event=x&appid=1&timestamp=1757500000&nonce=7548405981776935120&signature=\
                  5bd59fd62953a8059fb7eaba95720f66d19e4517";
    for (shape, form) in [
        ("distinct names", mebibyte("", "event=x", |form, n| write!(form, "{n:x}&").unwrap())),
        (
            "distinct names, with a signature",
            mebibyte("", signed, |form, n| write!(form, "{n:x}&").unwrap()),
        ),
        ("elements of a list", mebibyte("", "event=x", |form, _| form.push_str("a[]&"))),
        ("labels", mebibyte("", signed, |form, n| write!(form, "a[{n}][k]=v&").unwrap())),
        ("lists", mebibyte("", signed, |form, n| write!(form, "a{n}[][]=v&").unwrap())),
        ("escapes", mebibyte("", "event=x", |form, _| form.push_str("%61ppi%64e&"))),
        ("escaped values", mebibyte("", signed, |form, n| write!(form, "{n:x}=%41&").unwrap())),
        ("plus signs", mebibyte("", signed, |form, _| form.push_str("+=+&"))),
        ("nothing", mebibyte("", signed, |form, _| form.push('&'))),
        ("short pairs", mebibyte("", "event=x", |form, _| form.push_str("=&"))),
        ("short names", mebibyte("", "event=x", |form, _| form.push_str("a&"))),
        ("names that almost match", mebibyte("", "event=x", |form, _| form.push_str("appi_&"))),
        (
            "escaped names that almost match",
            mebibyte("", "event=x", |form, _| form.push_str("%61____&")),
        ),
        ("names of underscores", mebibyte("", "event=x", |form, _| form.push_str("_____&"))),
        ("percent-encoded JSON", mebibyte("%7B", "", |text, _| text.push_str("%41"))),
        ("percent-encoded JSON, plus signs", mebibyte("%7B", "", |text, _| text.push('+'))),
    ] {
        at_most_twice(shape, || refuse(&form), || refuse(&json));
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "timing is meaningful only in a release build")]
fn the_shape_of_unauthenticated_json_at_most_doubles_its_cpu_cost() {
    let zego = Receiver::new(Zego::new(1, "secret").unwrap());
    let tencent = Receiver::new(Tencent::new(1, "token").unwrap());
    let flat = flat_json();
    for (shape, json) in [
        ("lists", format!(r#"{{"a":{}{}}}"#, "[".repeat(520_000), "]".repeat(520_000))),
        ("escapes", mebibyte(r#"{"a":""#, r#""}"#, |json, _| json.push_str(r"\ud83d"))),
        (
            "names that almost match",
            mebibyte("{", r#""z":0}"#, |json, _| json.push_str(r#""room_\n":1,"#)),
        ),
        (
            "escaped names that almost match",
            mebibyte("{", r#""z":0}"#, |json, _| json.push_str(r#""\u0072oom_":1,"#)),
        ),
        (
            "spellings that almost match",
            mebibyte("{", r#""z":0}"#, |json, _| json.push_str(r#""appi_":1,"#)),
        ),
        ("underscores", mebibyte("{", r#""z":0}"#, |json, _| json.push_str(r#""______":1,"#))),
        ("an escaped event", mebibyte(r#"{"event":""#, r#""}"#, |json, _| json.push_str(r"\n"))),
        (
            "an escaped nonce",
            mebibyte(r#"{"event":"x","nonce":""#, r#""}"#, |json, _| json.push_str(r"\n")),
        ),
        (
            "escaped names",
            mebibyte("{", r#""z":0}"#, |json, n| write!(json, r#""\u0061{n:x}":1,"#).unwrap()),
        ),
        ("backslashes", mebibyte(r#"{"a":""#, r#""}"#, |json, _| json.push_str(r"\\"))),
    ] {
        for query in ["", "SdkAppid=1&Sign=00&RequestTime=1757500000"] {
            let json = Delivery::new(json.as_bytes()).with_query(query);
            let flat = Delivery::new(flat.as_bytes()).with_query(query);
            at_most_twice(shape, || refuse(&zego, json), || refuse(&zego, flat));
        }
        let json = Delivery::new(json.as_bytes()).with_query("SdkAppid=1");
        at_most_twice(shape, || refuse(&tencent, json), || refuse(&zego, json));
    }
}

/// TRTC always sends the header `SdkAppId`; without it, no key is tried.
#[test]
#[cfg_attr(debug_assertions, ignore = "timing is meaningful only in a release build")]
fn the_number_of_apps_costs_no_cpu_before_a_signature_is_verified() {
    let (body, sign) = (vec![b'x'; MEBIBYTE], "kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=");
    let mut hundred = Trtc::new(1, "key1").unwrap();
    for app_id in 2..=100 {
        hundred = hundred.with_app(app_id, format!("key{app_id}")).unwrap();
    }
    let (one, hundred) = (Receiver::new(Trtc::new(1, "key").unwrap()), Receiver::new(hundred));
    for app_id in [None, Some("7"), Some("777"), Some("none")] {
        let mut headers = vec![("Sign".to_owned(), sign.to_owned())];
        headers.extend(app_id.map(|app_id| ("SdkAppId".to_owned(), app_id.to_owned())));
        let delivery = Delivery::new(&body).with_headers(&headers);
        let headers = &headers[..1];
        let headers = headers.to_vec();
        let lone = Delivery::new(&body).with_headers(&headers);
        at_most_twice("one of 100 apps", || refuse(&hundred, delivery), || refuse(&one, lone));
    }
}

/// A form with as many pairs as are allowed. Each pair may be an object in a list, which takes
/// several allocations.
#[test]
#[cfg_attr(debug_assertions, ignore = "timing is meaningful only in a release build")]
fn a_verified_form_costs_at_most_four_times_the_cpu_of_a_mebibyte_of_json() {
    use sha1::{Digest, Sha1};
    let nonce = "7548405981776935120";
    let mut parts = ["secret", "1757500000", nonce];
    parts.sort_unstable();
    let signature = data_encoding::HEXLOWER.encode(&Sha1::digest(parts.concat()));
    let zego = Receiver::new(Zego::new(1, "secret").unwrap());
    let identify = |body: &str| {
        let delivery = Delivery::new(body.as_bytes());
        let verified: Verified<zego::Event> = zego.receive(delivery, now()).unwrap();
        let _ = verified.id();
    };
    let json = flat_json().replacen(
        '{',
        &format!(
            r#"{{"event":"x","appid":1,"timestamp":1757500000,"nonce":"{nonce}","signature":"{signature}","#
        ),
        1,
    );
    let json = &json[..json.len().min(MEBIBYTE)];
    let json = format!("{}}}", &json[..json.rfind(',').unwrap()]);
    let signed =
        format!("event=x&appid=1&timestamp=1757500000&nonce={nonce}&signature={signature}");
    for pair in ["a[]", "a[][k]", "a[@]", "a[@][k]", "a[@][]", "a[][]", "a[@][k@]", "a[][k]=%41"] {
        let mut form = signed.clone();
        let (mut pairs, mut names) = (5, 0);
        while pairs < 50_000 && form.len() < MEBIBYTE {
            // Stay below the limit of distinct names.
            names = (names + 1) % 200;
            let pair = match pair {
                "a[@][k@]" => format!("&a[{}][k{names}]", pairs / 200),
                _ => format!("&{}", pair.replace('@', &pairs.to_string())),
            };
            form += &pair;
            pairs += 1;
        }
        at_most(4.0, pair, || identify(&form), || identify(&json));
    }
}

/// An id is a digest of the document's content, independent of the order of its members.
#[test]
#[cfg_attr(debug_assertions, ignore = "timing is meaningful only in a release build")]
fn the_cost_of_a_verified_delivery_is_linear_in_its_body() {
    let receiver = Receiver::new(Tencent::dangerous_unsigned(1)).with_body_limit(2 * MEBIBYTE);
    let identify = |body: &str| {
        let delivery = Delivery::new(body.as_bytes()).with_query("SdkAppid=1&CallbackCommand=x");
        let verified: Verified<tencent::Event> = receiver.receive(delivery, now()).unwrap();
        let _ = verified.id();
    };
    let flat = flat_json();
    let list = format!("[{}1]", "1,".repeat(MEBIBYTE / 2 - 4000));
    let around = |levels: usize, opening: &str, closing: &str| {
        format!("{}{list}{}", opening.repeat(levels), closing.repeat(levels))
    };
    for (shape, body) in [
        ("120 unsorted levels", around(120, r#"{"b":"#, r#","a":1}"#)),
        ("120 levels of RoomInfo", around(120, r#"{"RoomInfo":"#, "}")),
        ("5000 levels of RoomInfo", around(5000, r#"{"RoomInfo":"#, "}")),
        ("5000 levels of lists", format!(r#"{{"a":{}}}"#, around(5000, "[", "]"))),
        (
            "members in no order",
            mebibyte("{", r#""0":0}"#, |json, n| {
                write!(json, r#""{:x}":1,"#, n * 7919 % 1_000_003).unwrap();
            }),
        ),
        (
            "fractions",
            mebibyte("{", r#""z":0}"#, |json, n| write!(json, r#""{n:x}":1.5e3,"#).unwrap()),
        ),
    ] {
        at_most_twice(shape, || identify(&body), || identify(&flat));
    }
}
