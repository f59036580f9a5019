//! ZEGO's bodies in every encoding.

#![cfg_attr(fuzzing, no_main)]

room_hooks_fuzz::program!("zego_bodies");
