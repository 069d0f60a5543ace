//! See `bodies/session.rs`.

#![no_main]

#[path = "../bodies/session.rs"]
mod session;

libfuzzer_sys::fuzz_target!(|data: &[u8]| session::body(data));
