//! The origin's private file system, as a place for downloads on their way to the user.
//!
//! Layout: `downloads/<worker>/<file>`. A worker holds a Web Lock named after its directory for as long as it lives, so another
//! worker can tell what is left over from what is in use, and removes only the former.

use js_sys::{Array, AsyncIterator, Function, Promise, Reflect};
use std::collections::BTreeSet;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions, FileSystemGetFileOptions,
    FileSystemRemoveOptions,
};

use super::clock::scope;

const DIRECTORY: &str = "downloads";
const LOCK_PREFIX: &str = "towpath-downloads-";

/// This worker's directory.
#[derive(Clone)]
pub(crate) struct PrivateDirectory {
    directory: FileSystemDirectoryHandle,
}

impl PrivateDirectory {
    /// Makes this worker's directory and removes those of workers that are gone.
    ///
    /// # Errors
    /// What the browser threw: private windows and plain HTTP have no private file system.
    pub(crate) async fn open() -> Result<PrivateDirectory, JsValue> {
        let navigator = scope().navigator();
        // Absent without a secure context, so the call itself must not be assumed.
        if !Reflect::get(&navigator, &JsValue::from_str("storage"))?.is_object() {
            return Err(JsValue::from_str("no private file system"));
        }
        let root: FileSystemDirectoryHandle =
            JsFuture::from(navigator.storage().get_directory()).await?.dyn_into()?;
        let create = FileSystemGetDirectoryOptions::new();
        create.set_create(true);
        let downloads: FileSystemDirectoryHandle =
            JsFuture::from(root.get_directory_handle_with_options(DIRECTORY, &create)).await?.dyn_into()?;
        // 2^53 possible names: a clash between the few workers of one browser does not happen.
        let name = format!("{:x}", (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64);
        // web-sys has no stable binding of Web Locks. Without them nothing can be told apart, and nothing is removed.
        let locks = Reflect::get(&navigator, &JsValue::from_str("locks"))?;
        if locks.is_object() {
            hold(&locks, &format!("{LOCK_PREFIX}{name}")).await?;
            remove_unheld(&downloads, &held(&locks).await?).await?;
        }
        let directory: FileSystemDirectoryHandle =
            JsFuture::from(downloads.get_directory_handle_with_options(&name, &create)).await?.dyn_into()?;
        Ok(PrivateDirectory { directory })
    }

    /// Makes a file.
    ///
    /// # Errors
    /// What the browser threw.
    pub(crate) async fn create(&self, name: &str) -> Result<FileSystemFileHandle, JsValue> {
        let create = FileSystemGetFileOptions::new();
        create.set_create(true);
        JsFuture::from(self.directory.get_file_handle_with_options(name, &create)).await?.dyn_into()
    }

    /// Removes a file.
    ///
    /// # Errors
    /// What the browser threw.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), JsValue> {
        JsFuture::from(self.directory.remove_entry(name)).await.map(drop)
    }
}

/// Takes a lock and keeps it until the worker ends; resolves when it is held.
async fn hold(locks: &JsValue, name: &str) -> Result<(), JsValue> {
    let request: Function = Reflect::get(locks, &JsValue::from_str("request"))?.dyn_into()?;
    let held = Promise::new(&mut |resolve: Function, reject: Function| {
        // The callback's promise never resolves: that is what keeps the lock.
        let granted = Closure::once_into_js(move |_lock: JsValue| -> JsValue {
            drop(resolve.call0(&JsValue::UNDEFINED));
            Promise::new(&mut |_, _| {}).into()
        });
        // The request's own promise settles when the worker ends, or at once where the lock is refused.
        match request.call2(locks, &JsValue::from_str(name), &granted) {
            Ok(promise) => spawn_local(async move {
                if let Err(error) = JsFuture::from(promise.unchecked_into::<Promise>()).await {
                    drop(reject.call1(&JsValue::UNDEFINED, &error));
                }
            }),
            Err(error) => drop(reject.call1(&JsValue::UNDEFINED, &error)),
        }
    });
    JsFuture::from(held).await.map(drop)
}

/// Names of the directories whose workers live.
async fn held(locks: &JsValue) -> Result<BTreeSet<String>, JsValue> {
    let query: Function = Reflect::get(locks, &JsValue::from_str("query"))?.dyn_into()?;
    let snapshot = JsFuture::from(query.call0(locks)?.dyn_into::<Promise>()?).await?;
    let held: Array = Reflect::get(&snapshot, &JsValue::from_str("held"))?.dyn_into()?;
    Ok(held
        .iter()
        .filter_map(|lock| Reflect::get(&lock, &JsValue::from_str("name")).ok()?.as_string())
        .filter_map(|name| name.strip_prefix(LOCK_PREFIX).map(str::to_owned))
        .collect())
}

async fn remove_unheld(
    downloads: &FileSystemDirectoryHandle,
    held: &BTreeSet<String>,
) -> Result<(), JsValue> {
    let recursive = FileSystemRemoveOptions::new();
    recursive.set_recursive(true);
    for name in names(&downloads.keys()).await? {
        if !held.contains(&name) {
            // What cannot be removed now (another tab was faster) is tried again by the next worker.
            drop(JsFuture::from(downloads.remove_entry_with_options(&name, &recursive)).await);
        }
    }
    Ok(())
}

async fn names(keys: &AsyncIterator) -> Result<Vec<String>, JsValue> {
    let mut names = Vec::new();
    loop {
        let step = JsFuture::from(keys.next()?).await?;
        if Reflect::get(&step, &JsValue::from_str("done"))?.is_truthy() {
            return Ok(names);
        }
        names.extend(Reflect::get(&step, &JsValue::from_str("value"))?.as_string());
    }
}
