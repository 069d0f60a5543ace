//! The page's state: a fold over actions.
