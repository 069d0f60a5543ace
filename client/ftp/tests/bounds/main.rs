//! What a hostile server costs: time, and memory as the allocator counts it. A binary of its own, for the allocator counts all of a
//! process. Its tests run side by side, so a bound holds for all of them together, the scripted servers with their logs included.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod cuts;
mod requests;
#[allow(dead_code, reason = "shared with the transcripts, which use more of it")]
#[path = "../engine/scripted.rs"]
mod scripted;
#[allow(dead_code, reason = "shared with the transcripts, which use more of it")]
#[path = "../engine/talk.rs"]
mod talk;

use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Bytes that live at a time, at most, in this process: nothing in it may come near what a hostile server sends.
const MOST: usize = 16 << 20;

/// Says what the process held at most so far, and fails past [`MOST`].
#[track_caller]
fn bounded(what: &str) {
    let peak = HEAP.peak_usage();
    println!("{what}: at most {} KiB so far", peak >> 10);
    assert!(peak < MOST, "{what}: {peak} bytes");
}
