//! The pool of sessions, with a model driver and virtual time: every session is a seat that logs in, works, fails or dies as
//! the test says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod chaos;
mod connections;
mod jobs;
mod model;
mod real;
mod resuming;
