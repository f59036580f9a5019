//! Timestamps and nonces of any text, with valid signatures.

#![cfg_attr(fuzzing, no_main)]

room_hooks_fuzz::program!("timestamps_and_nonces");
