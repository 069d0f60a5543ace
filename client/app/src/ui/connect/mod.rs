//! The first screen: preset sites, recent ones, and the connect card.

mod form;
mod places;
mod relay_note;
mod screen;
mod token;

pub(crate) use screen::ConnectScreen;
