//! Reading a `File` and writing into file handles. Every write names its place, so the order of what is under way does
//! not matter. Sizes and places are `f64` in the browser: exact to 2^53, which is 8 PiB.

use js_sys::{Array, ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, File, FileSystemFileHandle, FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
    FileSystemWritableFileStream,
};

/// Reads the bytes from `start` to `end` of a file.
///
/// # Errors
/// What the browser threw: the file has changed or is gone.
pub(crate) async fn read(file: &File, start: u64, end: u64) -> Result<Uint8Array, JsValue> {
    let slice = file.slice_with_f64_and_f64(start as f64, end as f64)?;
    let buffer: ArrayBuffer = JsFuture::from(slice.array_buffer()).await?.dyn_into()?;
    Ok(Uint8Array::new(&buffer))
}

/// The size of a file in bytes.
pub(crate) fn size(file: &File) -> u64 {
    let blob: &Blob = file;
    blob.size() as u64
}

/// Puts views one after the other into one array, without a copy where there is only one.
pub(crate) fn join(chunks: Vec<Uint8Array>) -> Uint8Array {
    match <[Uint8Array; 1]>::try_from(chunks) {
        Ok([chunk]) => chunk,
        Err(chunks) => {
            let joined = Uint8Array::new_with_length(chunks.iter().map(Uint8Array::length).sum());
            let mut at = 0;
            for chunk in &chunks {
                joined.set(chunk, at);
                at += chunk.length();
            }
            joined
        }
    }
}

/// Opens a writable that replaces the file's content when it is closed, and leaves it alone when it is aborted.
///
/// # Errors
/// What the browser threw: no permission, or a browser without it.
pub(crate) async fn writable(handle: &FileSystemFileHandle) -> Result<FileSystemWritableFileStream, JsValue> {
    // Absent in some browsers, so the call itself must not be assumed.
    if !Reflect::has(handle, &JsValue::from_str("createWritable"))? {
        return Err(JsValue::from_str("this browser cannot write to files"));
    }
    JsFuture::from(handle.create_writable()).await?.dyn_into()
}

/// Starts to write a chunk at a place.
///
/// # Errors
/// What the browser threw.
pub(crate) fn write_at(
    stream: &FileSystemWritableFileStream,
    at: u64,
    chunk: &Uint8Array,
) -> Result<Promise, JsValue> {
    let parameters = Object::new();
    let set = |name: &str, value: &JsValue| Reflect::set(&parameters, &JsValue::from_str(name), value);
    set("type", &JsValue::from_str("write"))?;
    set("position", &JsValue::from_f64(at as f64))?;
    set("data", chunk)?;
    stream.write_with_write_params(parameters.unchecked_ref())
}

/// Opens a file of the private file system for writing in place.
///
/// # Errors
/// What the browser threw: in use, or a browser without it.
pub(crate) async fn access(handle: &FileSystemFileHandle) -> Result<FileSystemSyncAccessHandle, JsValue> {
    if !Reflect::has(handle, &JsValue::from_str("createSyncAccessHandle"))? {
        return Err(JsValue::from_str("this browser cannot write in place"));
    }
    JsFuture::from(handle.create_sync_access_handle()).await?.dyn_into()
}

/// Writes a chunk at a place, now and in full.
///
/// # Errors
/// What the browser threw, or that the file took less.
pub(crate) fn write_now(
    access: &FileSystemSyncAccessHandle,
    at: u64,
    chunk: &Uint8Array,
) -> Result<(), JsValue> {
    let options = FileSystemReadWriteOptions::new();
    options.set_at_f64(at as f64);
    let written = access.write_with_js_u8_array_and_options(chunk, &options)?;
    if written as u64 == u64::from(chunk.length()) {
        Ok(())
    } else {
        Err(JsValue::from_str("the file took only a part"))
    }
}

/// A file made of chunks in memory.
///
/// # Errors
/// What the browser threw: not enough memory.
pub(crate) fn from_chunks(chunks: &[Uint8Array]) -> Result<File, JsValue> {
    let parts: Array = chunks.iter().collect();
    File::new_with_u8_array_sequence(&parts, "download")
}
