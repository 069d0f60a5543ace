//! The engine's tests: transcripts, a model of a server with faults, and arbitrary inputs. One binary; time is virtual.

mod cancel;
mod data;
mod hostile;
mod listing;
mod login;
mod simple;
mod talk;
mod transfer;
mod walk;
