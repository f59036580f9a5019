use std::{error::Error, hint::black_box, rc::Rc, time::SystemTime};

use room_hooks::{
    Hooks, RoomCreated, Verified,
    zego::{RoomEntered, Zego},
};
use room_hooks_benches::claims::Granting;
use tokio::runtime::Builder;

use crate::{
    receiving::created,
    subject::{Step, Subject},
};

/// Handlers of which the last is the one that is called, with a store that grants everything.
pub fn handlers() -> Result<Subject, Box<dyn Error>> {
    let runtime = Rc::new(Builder::new_current_thread().enable_time().build()?);
    let zego = Zego::new(1, "5f2c9d0b7a1e4836c4d8e2f1a09b7365")?;
    let now = SystemTime::now();
    let signed = zego.sign(&created(), now)?;
    let mut steps = Vec::new();
    for size in [1, 4, 16, 64, 256] {
        let mut hooks = Hooks::new(zego.clone()).with_claims(Granting(|_, _| ()));
        for _ in 1..size {
            hooks = hooks.on(async |_: Verified<RoomEntered>| {});
        }
        let hooks = hooks.on(async |_: Verified<RoomCreated>| {});
        let (runtime, signed) = (Rc::clone(&runtime), signed.clone());
        let deliver = move || runtime.block_on(hooks.deliver(signed.as_delivery(), now));
        if deliver().status != 200 {
            return Err("the delivery is not handled".into());
        }
        let work = Box::new(move || _ = black_box(deliver()));
        steps.push(Step { line: "", size, label: size.to_string(), work });
    }
    Ok(Subject { title: "Handlers", axis: "handlers, the last is called", one: "handler", steps })
}
