//! What the user sees.

/// Mounts the app into the page.
pub(crate) fn start() {}
