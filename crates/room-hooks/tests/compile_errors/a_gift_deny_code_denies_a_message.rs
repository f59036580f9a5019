use room_hooks::tencent::{Decision, DenyCode, group::BeforeSendMsg, live::BeforeSendGift};

fn main() {
    let too_many = DenyCode::<BeforeSendGift>::new(102_100).unwrap();
    let _ = Decision::<BeforeSendMsg>::deny_with(too_many, "too many");
}
