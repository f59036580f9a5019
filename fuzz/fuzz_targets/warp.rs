//! Bodies through warp, in chunks of any length.

#![cfg_attr(fuzzing, no_main)]

room_hooks_fuzz::program!("warp");
