//! A test that the page of `listen --ui` gives to be copied, of a delivery with hostile text.

include!("snapshots/copied_test.rs");
