//! What the user sees: function components over the store's state. Nothing here knows FTP, frames or sockets.

mod announcer;
mod awake;
mod connect;
mod dialog;
mod dock;
mod download;
mod failure;
mod files;
mod focus;
mod geometry;
mod icon;
mod local_time;
mod name;
mod root;
mod runtime;
mod status_bar;
mod storage;
mod top_bar;
mod upload;

pub(crate) use runtime::{App, use_app};

/// Mounts the app into the page.
pub(crate) fn start() {
    let root = web_sys::window().and_then(|window| window.document()?.get_element_by_id("app"));
    if let Some(root) = root {
        yew::Renderer::<root::Root>::with_root(root).render();
    }
}
