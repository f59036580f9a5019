use room_hooks::{Hooks, Verified, tencent::{Tencent, live::BeforeSendGift}};

fn main() {
    let tencent = Tencent::new(1, "token").unwrap();
    let _ = Hooks::new(tencent).answer(async |_: Verified<BeforeSendGift>| {});
}
