//! Delivery ids.

#![cfg_attr(fuzzing, no_main)]

room_hooks_fuzz::program!("identity");
