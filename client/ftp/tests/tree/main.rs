//! Whole trees, with a model of both sides: no session and no pool, only what the tree asks for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod conflicts;
mod execution;
mod hostile;
mod model;
mod properties;
mod transfers;
