use std::sync::{Arc, Mutex};

use room_hooks::{Hooks, Verified, zego::{RoomCreated, Zego}};

fn main() {
    let zego = Zego::new(1, "secret").unwrap();
    let rooms = Arc::new(Mutex::new(Vec::new()));
    // Use `on_with(rooms, async |rooms, created| …)`, or clone in `move |_| async move { … }`.
    let _ = Hooks::new(zego).on(async move |created: Verified<RoomCreated>| {
        rooms.lock().unwrap().push(created.into_inner().room_id);
    });
}
