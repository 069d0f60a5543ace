//! See `bodies/reply.rs`.

#![no_main]

#[path = "../bodies/reply.rs"]
mod reply;

libfuzzer_sys::fuzz_target!(|data: &[u8]| reply::body(data));
