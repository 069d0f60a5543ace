//! Files that the person hands over: picked, or dropped on the list.

use super::runtime::App;
use crate::store::Action;
use crate::store::dialog::NewUpload;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DataTransfer, DragEvent, File, FileList};

/// What was dropped.
pub(super) struct Dropped {
    /// Files.
    pub(super) files: Vec<File>,
    /// How many folders there were: their contents cannot be read yet.
    pub(super) folders: usize,
}

/// Whether something that is dragged holds files.
pub(super) fn holds_files(event: &DragEvent) -> bool {
    event.data_transfer().is_some_and(|transfer| transfer.types().includes(&JsValue::from_str("Files"), 0))
}

/// Takes a drop apart. Folders look like files of size 0 or 4096 to scripts; only their entry tells them apart.
pub(super) fn dropped(transfer: &DataTransfer) -> Dropped {
    let mut dropped = Dropped { files: Vec::new(), folders: 0 };
    let items = transfer.items();
    for index in 0..items.length() {
        let Some(item) = items.get(index).filter(|item| item.kind() == "file") else { continue };
        if is_directory(&item) {
            dropped.folders += 1;
        } else if let Ok(Some(file)) = item.get_as_file() {
            dropped.files.push(file);
        }
    }
    dropped
}

/// `webkitGetAsEntry` is what every browser has; its name is not a standard's, so it is looked up.
fn is_directory(item: &JsValue) -> bool {
    let entry = js_sys::Reflect::get(item, &JsValue::from_str("webkitGetAsEntry"))
        .ok()
        .and_then(|function| function.dyn_into::<js_sys::Function>().ok())
        .and_then(|function| function.call0(item).ok());
    entry.is_some_and(|entry| {
        let directory = js_sys::Reflect::get(&entry, &JsValue::from_str("isDirectory"));
        directory.is_ok_and(|directory| directory.is_truthy())
    })
}

/// The files of a file field.
pub(super) fn picked(list: &FileList) -> Vec<File> {
    (0..list.length()).filter_map(|index| list.get(index)).collect()
}

/// Numbers them and hands them to the store.
pub(super) fn upload(app: &App, files: Vec<File>) {
    let number = |file: File| NewUpload {
        name: file.name(),
        size: file.size() as u64,
        modified: Some((file.last_modified() / 1000.0) as i64),
        job: app.new_job(Some(file.into())),
    };
    let files: Vec<NewUpload> = files.into_iter().map(number).collect();
    if !files.is_empty() {
        app.dispatch(Action::Upload(files));
    }
}
