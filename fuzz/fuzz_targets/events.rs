//! The decoder of every event.

#![cfg_attr(fuzzing, no_main)]

room_hooks_fuzz::program!("events");
