//! What is remembered between visits, in `localStorage`: one entry, no secrets. Where storage is forbidden (a private window,
//! a sandboxed frame) the page simply forgets.

use crate::store::memory::{Memory, Theme};
use web_sys::Storage;

const ENTRY: &str = "towpath";

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// What an earlier visit left.
pub(super) fn load() -> Memory {
    let text = storage().and_then(|storage| storage.get_item(ENTRY).ok()?);
    text.map_or_else(Memory::default, |text| Memory::from_json(&text))
}

/// For the next visit.
pub(super) fn store(memory: &Memory) {
    if let Some(storage) = storage() {
        // A full or forbidden storage costs comfort only.
        let _ = storage.set_item(ENTRY, &memory.to_json());
    }
}

/// Tells the style sheets.
pub(super) fn show_theme(theme: Theme) {
    let root = web_sys::window().and_then(|window| window.document()?.document_element());
    let Some(root) = root else { return };
    let name = match theme {
        Theme::System => "system",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    let _ = root.set_attribute("data-theme", name);
}
