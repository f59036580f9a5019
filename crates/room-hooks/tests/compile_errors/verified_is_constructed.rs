use room_hooks::{Contents, Verified, zego::RoomCreated};

fn make(contents: Contents<RoomCreated>) -> Verified<RoomCreated> {
    Verified(contents)
}

fn main() {}
