//! Decisions: the responses to questions, as in the vendors' documentation.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};

use room_hooks::tencent::{
    Decision, DenyCode,
    group::{BeforeCreateGroup, BeforeInviteJoinGroup, BeforeSendMsg, MessageElement},
    live::BeforeSendGift,
};

#[track_caller]
fn assert_body<Q: 'static>(decision: &Decision<Q>, name: &str, expected: Value) {
    let response = room_hooks::Decision::response(decision);
    assert_eq!(serde_json::from_str::<Value>(&response.body).unwrap(), expected);
    assert_eq!((response.status, room_hooks::Decision::as_str(decision)), (200, name));
}

#[test]
fn responses_match_tencents_documentation() {
    let answer =
        |code: u32, info: &str| json!({"ActionStatus": "OK", "ErrorInfo": info, "ErrorCode": code});
    let with = |member: &str, value: Value| {
        let mut answer = answer(0, "");
        answer[member] = value;
        answer
    };
    assert_body(&Decision::<BeforeSendGift>::allow(), "allow", answer(0, ""));
    assert_body(&Decision::<BeforeSendGift>::deny(), "deny", answer(1, ""));
    let code = DenyCode::<BeforeSendGift>::new(102_100).unwrap();
    assert_body(&Decision::deny_with(code, "too many"), "deny", answer(102_100, "too many"));
    let code = DenyCode::<BeforeSendMsg>::new(10_200).unwrap();
    assert_body(&Decision::deny_with(code, "\"no\""), "deny", answer(10_200, "\"no\""));
    assert_body(&Decision::drop_silently(), "drop", answer(2, ""));
    let masked = || vec![MessageElement::from_text("h***o")];
    let body = json!([{"MsgType": "TIMTextElem", "MsgContent": {"Text": "h***o"}}]);
    assert_body(&Decision::replace_body(masked()), "replace", with("MsgBody", body.clone()));
    let data = with("CloudCustomData", json!("{}"));
    assert_body(&Decision::replace_custom_data("{}"), "replace", data.clone());
    let mut both = data;
    both["MsgBody"] = body;
    assert_body(&Decision::replace(masked(), "{}"), "replace", both);
    let refused = with("RefusedMembers_Account", json!(["carol"]));
    let some = Decision::allow_except(vec!["carol".to_owned()]);
    assert_body::<BeforeInviteJoinGroup>(&some, "allow_except", refused.clone());
    assert_body(&some.into_any(), "allow_except", refused);
    assert_body::<BeforeCreateGroup>(&Decision::deny(), "deny", answer(1, ""));
    // Other questions have their own codes and members.
    let decision = Decision::with_code(120_001, "no");
    assert_body(&decision, "deny", answer(120_001, "no"));
    let decision = decision.with_member("ErrorCode", json!(0)).with_member("ResultItem", json!([]));
    let mut expected = answer(120_001, "no");
    expected["ResultItem"] = json!([]);
    assert_body(&decision, "deny", expected);
    assert_body(&Decision::with_code(0, ""), "allow", answer(0, ""));
}

#[test]
fn only_codes_in_the_documented_range_are_accepted() {
    for code in [0, 1, 10_099, 10_100, 10_150, 10_200, 10_201, 102_099, 102_100, 102_200, 102_201] {
        let is_gifts = DenyCode::<BeforeSendGift>::new(code).is_some();
        let is_groups = DenyCode::<BeforeSendMsg>::new(code).is_some();
        assert_eq!(is_gifts, (102_100..=102_200).contains(&code), "{code}");
        assert_eq!(is_groups, (10_100..=10_200).contains(&code), "{code}");
    }
}
