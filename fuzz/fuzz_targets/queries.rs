//! Tencent's queries.

#![cfg_attr(fuzzing, no_main)]

room_hooks_fuzz::program!("queries");
