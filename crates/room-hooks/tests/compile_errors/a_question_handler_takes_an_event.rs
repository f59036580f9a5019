use room_hooks::{Hooks, Verified, tencent::{Decision, MemberEntered, Tencent}};

fn main() {
    let tencent = Tencent::new(1, "token").unwrap();
    let _ = Hooks::new(tencent).answer(async |_: Verified<MemberEntered>| Decision::<()>::allow());
}
