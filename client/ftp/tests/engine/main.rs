//! The engine's tests: transcripts, a model of a server with faults, and arbitrary inputs. One binary; time is virtual.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod active;
mod arbitrary;
mod attributes;
mod cancel;
mod checksum;
mod clock;
mod data;
mod directories;
mod doctor;
mod doctor_judgements;
mod facts;
mod faults;
mod hostile;
mod inquiry;
mod listing;
mod login;
mod matrix;
mod model;
mod options;
mod paths;
mod raw;
mod round_trips;
#[allow(dead_code, reason = "shared with `bounds`, which uses more of it")]
mod scripted;
mod simple;
mod talk;
mod transfer;
mod walk;
