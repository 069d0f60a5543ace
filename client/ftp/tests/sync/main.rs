//! Plans of synchronisation: cases by hand, and properties with model trees on which plans are carried out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod cases;
mod filters;
mod model;
mod properties;
