//! See `bodies/frame.rs`.

#![no_main]

#[path = "../bodies/frame.rs"]
mod frame;

libfuzzer_sys::fuzz_target!(|data: &[u8]| frame::body(data));
