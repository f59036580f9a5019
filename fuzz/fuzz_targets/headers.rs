//! TRTC's headers.

#![cfg_attr(fuzzing, no_main)]

room_hooks_fuzz::program!("headers");
