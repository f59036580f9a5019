//! Bodies in ZEGO's form mode.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fmt::Write,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use room_hooks::{
    Delivery, Receiver, Verified,
    zego::{self, Zego},
};

const NONCE: &str = "7548405981776935120";

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_757_500_000)
}

/// An event, and the four pairs of its signature.
fn signed() -> String {
    let mut parts = ["secret", "1757500000", NONCE];
    parts.sort_unstable();
    let signature = data_encoding::HEXLOWER.encode(&Sha1::digest(parts.concat()));
    format!("event=x&appid=1&timestamp=1757500000&nonce={NONCE}&signature={signature}")
}

fn received(form: &str) -> Result<Verified<zego::Event>, u16> {
    let receiver = Receiver::new(Zego::new(1, "secret").unwrap());
    let delivery = Delivery::new(form.as_bytes());
    receiver.receive(delivery, now()).map_err(|not_delivered| not_delivered.status())
}

#[track_caller]
fn becomes(pairs: &str, members: &Value) {
    let verified = received(&format!("{pairs}&{}", signed())).unwrap();
    let mut document: Value = verified.document.decode().unwrap();
    for signing in ["event", "appid", "timestamp", "nonce", "signature"] {
        document.as_object_mut().unwrap().remove(signing).unwrap();
    }
    assert_eq!(&document, members, "{pairs}");
}

#[test]
fn nested_names_of_a_form_are_lists_and_objects() {
    becomes("a=1&b=", &json!({"a": "1", "b": ""}));
    becomes("ids[]=1&ids[]=2", &json!({"ids": ["1", "2"]}));
    becomes("ids%5B0%5D=1&ids[1]=2", &json!({"ids": ["1", "2"]}));
    becomes(
        "attributes[0][key]=topic&attributes[0][value]=rust&attributes[1][key]=k",
        &json!({"attributes": [{"key": "topic", "value": "rust"}, {"key": "k"}]}),
    );
    becomes("info[room_id]=lobby&info[n]=7", &json!({"info": {"room_id": "lobby", "n": "7"}}));
    becomes("a[b][0]=c&a[b][1]=d", &json!({"a": {"b": ["c", "d"]}}));
    // Deeper names are kept whole.
    becomes("a[0][b][0]=c", &json!({"a[0][b][0]": "c"}));
    // A second value for a name that the element already has starts the next element.
    becomes(
        "a[][key]=k&a[][value]=v&a[][key]=l",
        &json!({"a": [{"key": "k", "value": "v"}, {"key": "l"}]}),
    );
}

#[test]
fn an_index_in_a_form_is_a_label_and_causes_no_allocation() {
    becomes("a[99999999999999999999]=x&a[4294967295]=y", &json!({"a": ["x", "y"]}));
    becomes("a[7][k]=x&a[3][k]=y&a[7][l]=z", &json!({"a": [{"k": "x", "l": "z"}, {"k": "y"}]}));
}

#[test]
fn malformed_names_in_a_form_are_kept_as_they_are() {
    for name in ["a[", "a]", "[]", "[0]", "a[0]b", "a[[0]]", "a[b][", "a[0]]"] {
        let name_encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        becomes(&format!("{name_encoded}=v"), &json!({ name: "v" }));
    }
}

#[test]
fn an_ambiguous_name_in_a_form_is_refused() {
    for pairs in [
        "a=1&a=2",
        "a=1&a[]=2",
        "a[]=1&a=2",
        "a[0]=1&a[0]=2",
        "a[0][k]=1&a[0][k]=2",
        "a[0]=1&a[0][k]=2",
        "a[0][k]=1&a[0]=2",
        "a[k]=1&a[0]=2",
        "a[0]=1&a[k]=2",
        "a[k]=1&a=2",
        "timestamp[]=1",
        "nonce[0]=1",
        "appid[k]=1",
        "%61ppid=1",
        "a%70pid=2",
        "signature=",
    ] {
        assert_eq!(received(&format!("{}&{pairs}", signed())).err(), Some(400), "{pairs}");
        assert_eq!(received(&format!("{pairs}&{}", signed())).err(), Some(400), "{pairs}");
    }
}

#[test]
fn a_form_has_at_most_256_distinct_names() {
    let form = |names: usize| {
        let mut form = signed();
        (0..names).for_each(|n| write!(form, "&n{n}=v").unwrap());
        received(&form).map(drop)
    };
    assert_eq!(form(256 - 5), Ok(()));
    assert_eq!(form(257 - 5), Err(400));
    // Nested names count, too.
    let mut inside = signed();
    (0..257).for_each(|n| write!(inside, "&a[n{n}]=v").unwrap());
    assert_eq!(received(&inside).err(), Some(400));
}

#[test]
fn a_form_may_have_thousands_of_elements() {
    for name in ["user_ids[]", "user_ids[@]", "users[@][id]", "users[][id]"] {
        let mut form = signed();
        (0..5000).for_each(|n| {
            write!(form, "&{}={n}", name.replace('@', &n.to_string())).unwrap();
        });
        let verified = received(&form).expect(name);
        let document: Value = verified.document.decode().unwrap();
        let list = document.as_object().unwrap().values().find_map(Value::as_array).unwrap();
        assert_eq!(list.len(), 5000);
    }
}

#[test]
fn a_form_has_at_most_50_000_pairs() {
    let form = |pairs: usize| format!("{}{}", signed(), "&a[]=v".repeat(pairs));
    assert!(received(&form(50_000 - 5)).is_ok());
    assert_eq!(received(&form(50_001 - 5)).err(), Some(400));
}

#[test]
fn a_deeply_nested_name_in_a_form_causes_no_stack_overflow() {
    for bracket in ["[]", "[0]", "[a]"] {
        let name = format!("a{}", bracket.repeat(100_000));
        let verified = received(&format!("{}&{name}=v", signed())).unwrap();
        let _ = verified.id();
        let document: Value = verified.document.decode().unwrap();
        // No platform nests this deep, so the name is kept whole.
        assert_eq!(document[&name], "v");
    }
}

/// Before the signature is verified, no value is built from the form, and the response reveals
/// nothing about the rest of it.
#[test]
fn a_form_is_refused_for_its_signature_first() {
    for wrong in ["&a=1&a=2", "&a[0]=1&a=2", "&a=%FF"] {
        let form = signed().replace("timestamp=1757500000", "timestamp=1757500001") + wrong;
        assert_eq!(received(&form).err(), Some(401), "{wrong}");
    }
    let names: String = (0..1000).map(|n| format!("&n{n}=v")).collect();
    let form = signed().replace("nonce=7", "nonce=8") + &names;
    assert_eq!(received(&form).err(), Some(401));
}
