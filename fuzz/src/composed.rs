//! Deliveries that are composed of parts, compared with the reference. Mutating a corpus rarely
//! produces them.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{select, subsequence},
    test_runner::Config,
};
use room_hooks::Delivery;

use crate::{
    differential::{check_tencent, check_trtc, check_zego},
    receivers::NOW,
    reference::{sign_tencent, sign_trtc, sign_zego},
};

/// Names of a form that refer to the same values.
const RELATED: [&str; 15] = [
    "a[]",
    "a[][x]",
    "a[][x]",
    "a[][y]",
    "a[0]",
    "a[0][x]",
    "a[0][x]",
    "a[1][y]",
    "a[][]",
    "a[][][x]",
    "a[x][y][z]",
    "b[x]",
    "b[x]",
    "b[y][0]",
    "b",
];

/// First parts of arbitrary names, which `BRACKETS` complete.
const FIRST: [&str; 10] = [
    "a",
    "b",
    "",
    "a]",
    "event",
    "%61ppid",
    "signatur%65",
    "Event%5FType",
    "App_Id",
    "________nonce",
];
const BRACKETS: [&str; 8] = ["[]", "[0]", "[x]", "[y]", "%5Bx%5D", "[", "]", "[x"];

/// Values of a JSON member, many with lone surrogates.
const VALUES: [&str; 11] = [
    r#""\ud83d""#,
    r#""a\ude00\ud83d\ude00b""#,
    r#""\\ud83d""#,
    r#"{"\ude00":["\ud83d\u0061"]}"#,
    r#""lobby""#,
    r#""A\uD83DBefore""#,
    r#""Sns.CallbackPrev\ud83d""#,
    r#""before_send_msg""#,
    "1757500000",
    "7.0",
    "7",
];

/// Names of a JSON object's members.
const NAMES: [&str; 15] = [
    "EventGroupId",
    "room_id",
    "event",
    "Event",
    "event_type",
    "App_Id",
    "_appid",
    "TaskId",
    "PlayerId",
    r"even\u0074",
    r"event\ud83d",
    "EventType",
    "CallbackCommand",
    "WebhookCommand",
    "appid",
];

fn pairs() -> impl Strategy<Value = String> {
    let any = (select(&FIRST[..]), vec(select(&BRACKETS[..]), 0..5));
    let any = any.prop_map(|(first, brackets)| first.to_owned() + &brackets.concat());
    let related = select(&RELATED[..]).prop_map(str::to_owned);
    let form = |name: BoxedStrategy<String>| {
        let pair = (name, select(&["", "1", "1", "+%26", "%5Cud83d", "%ff"][..]));
        let pair = pair.prop_map(|(name, value)| format!("{name}={value}&"));
        vec(pair, 0..6).prop_map(|pairs| pairs.concat())
    };
    prop_oneof![form(related.boxed()), form(any.boxed())]
}

fn members() -> impl Strategy<Value = String> {
    let member = (select(&NAMES[..]), select(&VALUES[..]));
    let member = member.prop_map(|(name, value)| format!(r#""{name}":{value}"#));
    let nothing = select(
        &[
            r#""appid":null"#,
            r#""event":null"#,
            r#""CallbackCommand":null"#,
            r#""WebhookCommand":null"#,
        ][..],
    );
    let member = prop_oneof![4 => member, 1 => nothing.prop_map(str::to_owned)];
    vec(member, 0..4).prop_map(|members| members.join(","))
}

/// A prefix or suffix of a body.
fn around() -> impl Strategy<Value = &'static str> {
    select(vec!["", "", "", " ", "\u{feff}", "\u{feff}\u{feff}", "\u{feff}\n\u{feff}", "\r\n"])
}

/// Receives a form with a valid signature.
fn check_form(around: &str, pairs: &str) {
    let signature = sign_zego("secret", &NOW.to_string(), "350176");
    let body =
        format!("{around}first=&timestamp={NOW}&nonce=350176&%73ignature={signature}&{pairs}");
    check_zego(Delivery::new(body.as_bytes()));
}

#[test]
fn forms_of_many_names_or_pairs() {
    // Together with the event and the four pairs of `check_form`, the second has one pair too many.
    for pairs in [49_995, 49_996] {
        check_form("", &format!("{}event=x", "a[]=&".repeat(pairs)));
    }
    for names in 250..255 {
        let lists: String = (0..names).map(|n| format!("n{n}[0]=&n{n}[]=&")).collect();
        check_form("", &format!("{lists}event=x"));
    }
}

proptest! {
    #![proptest_config(Config {
        cases: Config::default().cases * 4,
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn forms(pairs in pairs(), around in around()) {
        check_form(around, &format!("event=x&{pairs}"));
        check_form(around, &pairs);
    }

    #[test]
    fn json(members in members(), around in around(), named in select(vec!["", "x", "Before", "Sns.CallbackPrevFriendAdd"])) {
        let signature = sign_zego("secret", &NOW.to_string(), "350176");
        let comma = if members.is_empty() { "" } else { "," };
        let signed =
            format!(r#""timestamp":{NOW},"nonce":"350176","signature":"{signature}"{comma}"#);
        let body = format!("{around}{{{signed}{members}}}");
        check_zego(Delivery::new(body.as_bytes()));

        let body = format!("{around}{{{members}}}");
        let headers = vec![("Sign".to_owned(), sign_trtc("secret", body.as_bytes()))];
        check_trtc(Delivery::new(body.as_bytes()).with_headers(&headers));

        let sign = sign_tencent("secret", &NOW.to_string());
        let query = format!("CallbackCommand={named}&Sign={sign}&RequestTime={NOW}");
        check_tencent(Delivery::new(body.as_bytes()).with_query(&query));
    }

    #[test]
    fn probes_and_consumed_bodies(
        query in subsequence(vec!["Sign", "RequestTime", "SdkAppid", "Command"], 0..=4),
        app in select(vec!["1", "20", "3", "4"]),
        token in select(vec!["secret", "secret", "other", "wrong"]),
        command in select(vec!["", "x", "Live.CallbackBeforeSendGift", "before"]),
        around in [around(), around()],
        inside in select(vec!["", "", "{}", "{ }", "{\t\n}", "{}{}", "[]", "null"]),
    ) {
        let sign = sign_tencent(token, &NOW.to_string());
        let query: String = query.iter().map(|name| match *name {
            "Sign" => format!("Sign={sign}&"),
            "RequestTime" => format!("RequestTime={NOW}&"),
            "SdkAppid" => format!("SdkAppid={app}&"),
            _ => format!("CallbackCommand={command}&"),
        }).collect();
        let [before, behind] = around;
        let body = format!("{before}{inside}{behind}");
        check_tencent(Delivery::new(body.as_bytes()).with_query(&query));
        check_zego(Delivery::new(body.as_bytes()));
        let headers = vec![("Sign".to_owned(), sign_trtc("secret", body.as_bytes()))];
        check_trtc(Delivery::new(body.as_bytes()).with_headers(&headers));
    }
}
