//! Where a download goes. A file that the user picked is replaced only when the download is complete; a private file is removed
//! when it is not.

use crate::web::private::PrivateDirectory;
use crate::web::{fault, file};
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileSystemFileHandle, FileSystemSyncAccessHandle, FileSystemWritableFileStream};

/// Most bytes that a download may keep in memory, where there is no private file system.
const MAX_MEMORY: u64 = 64 * 1024 * 1024;

/// An open sink.
pub(super) enum Sink {
    /// The file that the user picked.
    Picked(FileSystemWritableFileStream),
    /// A file of the private file system.
    Private(PrivateFile, Writer),
    /// Memory.
    Memory(Vec<Uint8Array>, u64),
}

/// A file of the private file system.
pub(super) struct PrivateFile {
    directory: PrivateDirectory,
    name: String,
    handle: FileSystemFileHandle,
}

/// How a private file is written.
pub(super) enum Writer {
    /// Through a stream.
    Stream(FileSystemWritableFileStream),
    /// In place, at once.
    Access(FileSystemSyncAccessHandle),
}

impl Sink {
    /// Opens the file that the user picked.
    pub(super) async fn picked(object: JsValue) -> Result<Sink, String> {
        let handle: FileSystemFileHandle =
            object.dyn_into().map_err(|_| "No file came with the download".to_owned())?;
        let stream =
            file::writable(&handle).await.map_err(|error| words("The file cannot be opened", &error))?;
        Ok(Sink::Picked(stream))
    }

    /// Makes a private file.
    pub(super) async fn private(directory: PrivateDirectory, name: String) -> Result<Sink, String> {
        let open = async {
            let handle = directory.create(&name).await?;
            // In every browser that has both and was measured, the stream is the faster one.
            let writer = match file::writable(&handle).await {
                Ok(stream) => Writer::Stream(stream),
                Err(_) => Writer::Access(file::access(&handle).await?),
            };
            Ok((handle, writer))
        };
        match open.await {
            Ok((handle, writer)) => Ok(Sink::Private(PrivateFile { directory, name, handle }, writer)),
            Err(error) => Err(words("The browser's private storage cannot be used", &error)),
        }
    }

    /// Keeps the download in memory.
    pub(super) fn memory() -> Sink {
        Sink::Memory(Vec::new(), 0)
    }

    /// Writes chunks at a place. A promise where the write takes time.
    ///
    /// # Errors
    /// Words for a person.
    pub(super) fn write(&mut self, at: u64, chunks: Vec<Uint8Array>) -> Result<Option<Promise>, String> {
        let failed = |error: JsValue| write_failed(&error);
        match self {
            Sink::Picked(stream) | Sink::Private(_, Writer::Stream(stream)) => {
                file::write_at(stream, at, &file::join(chunks)).map(Some).map_err(failed)
            }
            Sink::Private(_, Writer::Access(access)) => {
                let mut at = at;
                for chunk in chunks {
                    file::write_now(access, at, &chunk).map_err(failed)?;
                    at += u64::from(chunk.length());
                }
                Ok(None)
            }
            Sink::Memory(kept, bytes) => {
                if at == 0 {
                    kept.clear();
                    *bytes = 0;
                }
                *bytes += chunks.iter().map(|chunk| u64::from(chunk.length())).sum::<u64>();
                if *bytes > MAX_MEMORY {
                    return Err(too_large());
                }
                kept.extend(chunks);
                Ok(None)
            }
        }
    }

    /// The download is complete. A file where the page has to save it.
    ///
    /// # Errors
    /// Words for a person; nothing is left behind.
    pub(super) async fn commit(self) -> Result<Option<File>, String> {
        match self {
            Sink::Picked(stream) => match JsFuture::from(stream.close()).await {
                Ok(_) => Ok(None),
                Err(error) => Err(write_failed(&error)),
            },
            Sink::Private(place, writer) => {
                let closed = match &writer {
                    Writer::Stream(stream) => JsFuture::from(stream.close()).await.map(drop),
                    Writer::Access(access) => access.flush().map(|()| access.close()),
                };
                let file = match closed {
                    Ok(()) => JsFuture::from(place.handle.get_file()).await,
                    Err(error) => Err(error),
                };
                match file.and_then(JsCast::dyn_into::<File>) {
                    Ok(file) => Ok(Some(file)),
                    Err(error) => {
                        place.remove().await;
                        Err(write_failed(&error))
                    }
                }
            }
            Sink::Memory(chunks, _) => match file::from_chunks(&chunks) {
                Ok(file) => Ok(Some(file)),
                Err(error) => Err(write_failed(&error)),
            },
        }
    }

    /// The download failed: what is there of it goes. Faults on the way are of no more use to anyone.
    pub(super) async fn discard(self) {
        match self {
            Sink::Picked(stream) => drop(JsFuture::from(stream.abort()).await),
            Sink::Private(place, writer) => {
                match writer {
                    Writer::Stream(stream) => drop(JsFuture::from(stream.abort()).await),
                    Writer::Access(access) => access.close(),
                }
                place.remove().await;
            }
            Sink::Memory(..) => {}
        }
    }
}

impl PrivateFile {
    /// What cannot be removed now is removed by the next worker.
    async fn remove(&self) {
        drop(self.directory.remove(&self.name).await);
    }
}

/// Why a download cannot be kept in memory.
pub(super) fn too_large() -> String {
    format!(
        "This window keeps downloads in memory, and only up to {} MiB: the browser offers no storage here (is it a private \
         window?)",
        MAX_MEMORY / (1024 * 1024)
    )
}

/// Whether a download of this size may be kept in memory.
pub(super) fn fits_memory(size: Option<u64>) -> bool {
    size.is_none_or(|size| size <= MAX_MEMORY)
}

/// Why a write failed.
pub(super) fn write_failed(error: &JsValue) -> String {
    match fault::name(error).as_deref() {
        Some("QuotaExceededError") => "There is not enough room for the file on this device".to_owned(),
        Some("NotAllowedError") => "The browser does not allow writing to this file any more".to_owned(),
        Some("NotFoundError") => "The file is gone".to_owned(),
        _ => words("The file cannot be written", error),
    }
}

/// Why a read failed.
pub(super) fn read_failed(error: &JsValue) -> String {
    match fault::name(error).as_deref() {
        Some("NotReadableError" | "NotFoundError") => {
            "The file cannot be read: it was changed, moved or removed after it was chosen".to_owned()
        }
        _ => words("The file cannot be read", error),
    }
}

fn words(what: &str, error: &JsValue) -> String {
    format!("{what} ({})", fault::text(error))
}
