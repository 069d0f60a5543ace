//! The worker: engine sessions, the tunnel and the files.

/// Starts the worker's message loop.
pub(crate) fn start() {}
