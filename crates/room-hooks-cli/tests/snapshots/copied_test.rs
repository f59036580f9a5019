#[test]
fn a_recorded_delivery_is_read() {
    use std::time::{Duration, SystemTime};

    use room_hooks::{Delivery, Receiver, trtc::{self, Trtc}};

    // The secret that signed it.
    let secret = "akeyofthetests";
    let receiver = Receiver::new(Trtc::new(1400000000, secret).unwrap());
    let body = "{\"CallbackTs\":1757500000000,\"EventGroupId\":1,\"EventInfo\":{\"EventMsTs\":1757500000123,\"EventTs\":1757500000,\"Reason\":1,\"Role\":20,\"RoomId\":\"<script>alert(1)</script>'; touch pwned; '$(touch pwned)`touch pwned`\\\"; panic!(); //\\\\\u{202e}\\u001b[2J\\r\\n\\t\",\"TerminalType\":2,\"UniqueId\":\"u-1\",\"UserId\":\"ada\",\"UserType\":3},\"EventType\":103,\"note\":\"<script>alert(1)</script>'; touch pwned; '$(touch pwned)`touch pwned`\\\"; panic!(); //\\\\\u{202e}\\u001b[2J\\r\\n\\t\"}".as_bytes();
    let headers: Vec<(String, String)> = vec![("Sign".to_owned(), "C9t4gqECbKAgE4BqX31opQJeR75lmPyzDmQJz0pjbzI=".to_owned()), ("SdkAppId".to_owned(), "1400000000".to_owned()), ("Content-Type".to_owned(), "application/json".to_owned())];
    let delivery = Delivery::new(body).with_query("").with_headers(&headers);
    let received_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1757500000000);
    let received = receiver.receive::<trtc::UserEntered>(delivery, received_at);
    println!("{:?}", received.unwrap());
}
