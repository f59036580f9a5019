use room_hooks::{Verified, zego::RoomCreated};

fn replace(mut created: Verified<RoomCreated>, other: RoomCreated) {
    created.event = other;
}

fn main() {}
