use room_hooks::{Verified, zego::RoomCreated};

fn read(json: &str) -> Verified<RoomCreated> {
    serde_json::from_str(json).unwrap()
}

fn main() {}
