//! The decision in the response to a question, in words.

use serde_json::Value;

use crate::provider::ProviderName;

/// Describes how the provider interprets the response to a question.
pub(crate) fn decision(asker: ProviderName, question: &str, answer: &[u8]) -> String {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    match asker {
        ProviderName::Tencent => of_tencent(question, &answer),
        ProviderName::Zego => of_zim(&answer),
        ProviderName::Trtc => "none".to_owned(),
    }
}

fn of_tencent(question: &str, answer: &Value) -> String {
    let Some(code) = answer["ErrorCode"].as_u64() else {
        return match question.starts_with("Live.") {
            true => "none, so Tencent blocks it unless its console says otherwise".to_owned(),
            false => "none, so Tencent allows it unless its console says otherwise".to_owned(),
        };
    };
    let text = answer["ErrorInfo"].as_str().unwrap_or_default();
    match code {
        0 if answer.get("MsgBody").or(answer.get("CloudCustomData")).is_some() => {
            "allowed, with replaced content".to_owned()
        }
        0 if answer.get("RefusedMembers_Account").is_some() => {
            format!("allowed, except for {}", answer["RefusedMembers_Account"])
        }
        0 => "allowed".to_owned(),
        2 if question == "Group.CallbackBeforeSendMsg" => "dropped silently".to_owned(),
        code if text.is_empty() => format!("denied, code {code}"),
        code => format!("denied, code {code}: {text}"),
    }
}

fn of_zim(answer: &Value) -> String {
    let replaced = match answer.get("new_msg_body").or(answer.get("new_payload")) {
        Some(_) => ", with replaced content",
        None => "",
    };
    match (answer["result"].as_u64(), answer["reason"].as_str()) {
        (Some(1), _) => format!("sent{replaced}"),
        (Some(2), _) => format!("sent silently{replaced}"),
        (Some(3), Some(reason)) => format!("not sent: {reason}"),
        (Some(3), None) => "not sent".to_owned(),
        (Some(_), _) => format!("neutral, so ZIM decides{replaced}"),
        (None, _) => {
            "none, so ZIM does not send it unless ZEGO has changed that for your app".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_is_described_in_words() {
        for (asker, question, answer, words) in [
            (ProviderName::Tencent, "Live.CallbackBeforeSendGift", r#"{"ErrorCode":0}"#, "allowed"),
            (ProviderName::Tencent, "x.Before", r#"{"ErrorCode":2}"#, "denied, code 2"),
            (
                ProviderName::Tencent,
                "Group.CallbackBeforeSendMsg",
                r#"{"ErrorCode":2}"#,
                "dropped silently",
            ),
            (
                ProviderName::Tencent,
                "Group.CallbackBeforeSendMsg",
                r#"{"ErrorCode":10100,"ErrorInfo":"no links here"}"#,
                "denied, code 10100: no links here",
            ),
            (
                ProviderName::Tencent,
                "Group.CallbackBeforeSendMsg",
                r#"{"ErrorCode":0,"MsgBody":[]}"#,
                "allowed, with replaced content",
            ),
            (
                ProviderName::Tencent,
                "Group.CallbackBeforeInviteJoinGroup",
                r#"{"ErrorCode":0,"RefusedMembers_Account":["carol"]}"#,
                r#"allowed, except for ["carol"]"#,
            ),
            (
                ProviderName::Tencent,
                "Live.CallbackBeforeSendGift",
                "",
                "none, so Tencent blocks it unless its console says otherwise",
            ),
            (ProviderName::Zego, "before_send_msg", r#"{"result":0}"#, "neutral, so ZIM decides"),
            (ProviderName::Zego, "before_send_msg", r#"{"result":2}"#, "sent silently"),
            (
                ProviderName::Zego,
                "before_send_msg",
                r#"{"result":1,"new_msg_body":"h***o"}"#,
                "sent, with replaced content",
            ),
            (
                ProviderName::Zego,
                "before_send_msg",
                r#"{"result":3,"reason":"no links here"}"#,
                "not sent: no links here",
            ),
            (
                ProviderName::Zego,
                "before_send_msg",
                "OK",
                "none, so ZIM does not send it unless ZEGO has changed that for your app",
            ),
        ] {
            assert_eq!(decision(asker, question, answer.as_bytes()), words, "{answer}");
        }
    }
}
