//! The directory on the screen: toolbar, path, list.

mod grid;
mod header;
mod keys;
mod pane;
mod path_bar;
mod rename_field;
mod row;
mod toolbar;
mod viewport;

pub(crate) use pane::FilesPane;
