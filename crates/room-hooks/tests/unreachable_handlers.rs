//! Handlers that would never be called: a second handler for a kind, and a handler behind a
//! catch-all.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;

use std::panic::{AssertUnwindSafe, catch_unwind};

use room_hooks::{
    Hooks, Verified,
    tencent::{self, Decision, Tencent, group::BeforeSendMsg, live::BeforeSendGift},
    zego::{self, Zego},
};

use here::hooks_here;

fn zego() -> Hooks<Zego> {
    hooks_here(Zego::new(1, "secret").unwrap())
}

fn tencent() -> Hooks<Tencent> {
    hooks_here(Tencent::new(1, "token").unwrap())
}

/// The panic message of adding a handler.
fn panic_of<T>(add: impl FnOnce() -> T) -> String {
    let panicked = catch_unwind(AssertUnwindSafe(|| drop(add()))).unwrap_err();
    panicked
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_else(|| panicked.downcast_ref::<&str>().unwrap().to_string())
}

async fn created(_: Verified<zego::RoomCreated>) {}

async fn exited(_: Verified<zego::RoomExited>) {}

async fn any(_: Verified<zego::Event>) {}

async fn gift(_: Verified<BeforeSendGift>) -> Decision<BeforeSendGift> {
    Decision::allow()
}

async fn message(_: Verified<BeforeSendMsg>) -> Decision<BeforeSendMsg> {
    Decision::allow()
}

async fn any_question(_: Verified<tencent::Question>) -> Decision {
    Decision::allow()
}

#[test]
fn a_second_handler_for_a_kind_panics_when_it_is_added() {
    for panicked in [
        panic_of(|| zego().on(created).on(exited).on(created)),
        panic_of(|| zego().on(any).on(any)),
        panic_of(|| zego().fallback(any).fallback(any)),
        panic_of(|| tencent().answer(gift).answer(message).answer(gift)),
        panic_of(|| zego().on(created).on_with((), async |(), _: Verified<zego::RoomCreated>| {})),
    ] {
        assert!(panicked.contains("second") || panicked.contains("unreachable"), "{panicked}");
    }
}

#[test]
fn an_unreachable_handler_panics_when_it_is_added() {
    for panicked in [
        panic_of(|| zego().on(any).on(created)),
        panic_of(|| zego().on(any).fallback(any)),
        panic_of(|| zego().fallback(any).on(any)),
        panic_of(|| tencent().answer(any_question).answer(gift)),
    ] {
        assert!(panicked.contains("unreachable"), "{panicked}");
    }
}

#[test]
fn handlers_for_different_kinds_and_a_catch_all_do_not_panic() {
    drop(zego().on(created).on(exited).fallback(any));
    drop(zego().fallback(any).on(created).on(exited));
    drop(zego().on(created).on(any));
    drop(tencent().answer(gift).answer(message).answer(any_question));
}
