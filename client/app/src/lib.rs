//! Towpath in the browser: one wasm module, loaded twice. The page ([`start_page`]) shows and asks; its worker
//! ([`start_worker`]) holds the engine, the tunnel and the files. They speak [`protocol`] and share nothing else.
//!
//! Dependencies point one way: `ui → store → protocol` on the page, `worker → {protocol, engine, shared}` in the worker; both
//! stand on `web`, the bindings to the browser.

pub mod protocol;

mod port;
mod store;
mod ui;
mod web;
mod worker;

use wasm_bindgen::prelude::wasm_bindgen;

/// Entry point of the page.
#[wasm_bindgen]
pub fn start_page() {
    web::panic::install();
    ui::start();
}

/// Entry point of the worker.
#[wasm_bindgen]
pub fn start_worker() {
    web::panic::install();
    worker::start();
}
