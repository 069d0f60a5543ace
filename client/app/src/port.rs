//! The page's end of the pipe to its worker.
