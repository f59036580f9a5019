//! What is signed, of any text.

#![cfg_attr(fuzzing, no_main)]

room_hooks_fuzz::program!("timestamps_and_nonces");
