//! The directory on the screen: toolbar, path, list.

mod drop_zone;
mod grid;
mod header;
mod instead;
mod keys;
mod notices;
mod pane;
mod path_bar;
mod rename_field;
mod row;
mod toolbar;
mod viewport;

pub(crate) use pane::FilesPane;
