//! See `bodies/link.rs`.

#![no_main]

#[path = "../bodies/link.rs"]
mod link;

libfuzzer_sys::fuzz_target!(|data: &[u8]| link::body(data));
