use room_hooks::{Hooks, Verified, tencent::Tencent, zego::{BeforeSendMsg, Decision}};

fn main() {
    let tencent = Tencent::new(1, "token").unwrap();
    let _ = Hooks::new(tencent).answer(async |_: Verified<BeforeSendMsg>| Decision::neutral());
}
