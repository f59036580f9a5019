//! The whole of `Receiver::receive`, beside a reference.

#![cfg_attr(fuzzing, no_main)]

room_hooks_fuzz::program!("receive");
