//! See `bodies/listing.rs`.

#![no_main]

#[path = "../bodies/listing.rs"]
mod listing;

libfuzzer_sys::fuzz_target!(|data: &[u8]| listing::body(data));
