//! All of `Receiver::receive`, compared with a reference implementation.

#![cfg_attr(fuzzing, no_main)]

room_hooks_fuzz::program!("receive");
