//! Files that the person gets: into a file they picked where the browser has a picker, else through the browser's own
//! downloads once the worker has the whole.

use super::runtime::App;
use crate::protocol::{Bytes, Sink};
use crate::store::action::NewDownload;
use crate::store::{Action, text};
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, DomException, HtmlAnchorElement, Url};

/// A file to fetch.
#[derive(Clone, PartialEq)]
pub(super) struct Wanted {
    /// Its name.
    pub(super) name: String,
    /// Where it is.
    pub(super) path: Bytes,
    /// Its size by the listing.
    pub(super) size: Option<u64>,
}

/// An object URL is let go after so long: the browser has begun to save by then.
const URL_LIFE_MS: i32 = 60_000;

/// Fetches files. Must run inside the person's click or key: browsers open a picker only then. Several files cannot
/// each ask where to go, so a single one has a picker.
pub(super) fn download(app: &App, wanted: Vec<Wanted>) {
    match (wanted.as_slice(), picker()) {
        ([one], Some(picker)) => {
            let (app, one) = (app.clone(), one.clone());
            let Some(answer) = ask(&picker, &one.name) else { return start(&app, vec![one], None) };
            spawn_local(async move {
                match JsFuture::from(answer).await {
                    Ok(handle) => start(&app, vec![one], Some(handle)),
                    // The person closed the picker: nothing happened.
                    Err(error) if is_abort(&error) => {}
                    // Not allowed here (a frame, a policy): the other way works.
                    Err(_) => start(&app, vec![one], None),
                }
            });
        }
        _ => start(app, wanted, None),
    }
}

fn start(app: &App, wanted: Vec<Wanted>, handle: Option<JsValue>) {
    let sink = if handle.is_some() { Sink::Picked } else { Sink::Private };
    let number = |wanted: Wanted| NewDownload {
        job: app.new_job(handle.clone()),
        name: wanted.name,
        path: wanted.path,
        size: wanted.size,
        sink,
    };
    let files = wanted.into_iter().map(number).collect();
    app.dispatch(Action::Download(files));
}

/// `showSaveFilePicker`, which only some browsers have.
fn picker() -> Option<Function> {
    let window = web_sys::window()?;
    Reflect::get(&window, &JsValue::from_str("showSaveFilePicker")).ok()?.dyn_into().ok()
}

fn ask(picker: &Function, name: &str) -> Option<Promise> {
    let options = Object::new();
    Reflect::set(&options, &JsValue::from_str("suggestedName"), &JsValue::from_str(&local_name(name)))
        .ok()?;
    picker.call1(&web_sys::window()?.into(), &options).ok()?.dyn_into().ok()
}

fn is_abort(error: &JsValue) -> bool {
    error.dyn_ref::<DomException>().is_some_and(|error| error.name() == "AbortError")
}

/// A server's name made fit for a file here: no separators, no control characters, nothing that turns the
/// writing direction, no leading or trailing dots.
fn local_name(name: &str) -> String {
    let fit = |c: char| if c.is_control() || "/\\:*?\"<>|\u{200E}\u{200F}".contains(c) { '_' } else { c };
    let turned = |c: &char| !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let fitted: String = name.chars().filter(turned).map(fit).collect();
    let trimmed = fitted.trim_matches(|c: char| c == '.' || c.is_whitespace());
    // A leading dot is a name's right (`.htaccess`) when something follows it.
    match (trimmed.is_empty(), fitted.starts_with('.') && !fitted.starts_with("..")) {
        (true, _) => "file".to_owned(),
        (false, true) => format!(".{trimmed}"),
        (false, false) => trimmed.to_owned(),
    }
}

/// Hands a whole file to the browser's own downloads.
pub(super) fn save(file: &JsValue, name: &str) {
    let Some(blob) = file.dyn_ref::<Blob>() else { return };
    let Ok(url) = Url::create_object_url_with_blob(blob) else { return };
    let window = web_sys::window();
    let link = window.as_ref().and_then(|window| window.document()?.create_element("a").ok());
    if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) {
        link.set_href(&url);
        link.set_download(&local_name(name));
        link.click();
    }
    let revoke = Closure::once_into_js(move || {
        let _ = Url::revoke_object_url(&url);
    });
    if let (Some(window), Some(revoke)) = (window, revoke.dyn_ref::<Function>()) {
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(revoke, URL_LIFE_MS);
    }
}

/// Saves text under a name.
pub(super) fn save_text(content: &str, name: &str) {
    let parts = js_sys::Array::of1(&JsValue::from_str(content));
    let options = web_sys::BlobPropertyBag::new();
    options.set_type("text/plain;charset=utf-8");
    if let Ok(blob) = Blob::new_with_str_sequence_and_options(&parts, &options) {
        save(&blob, name);
    }
}

/// Puts text on the clipboard and says so.
pub(super) fn copy(app: &App, content: &str) {
    let Some(window) = web_sys::window() else { return };
    let navigator = window.navigator();
    // Absent on pages that are not secure contexts, whatever the type says.
    let absent = Reflect::get(&navigator, &JsValue::from_str("clipboard"))
        .map_or(true, |clipboard| !clipboard.is_object());
    if absent {
        return;
    }
    let (app, written) = (app.clone(), navigator.clipboard().write_text(content));
    spawn_local(async move {
        if JsFuture::from(written).await.is_ok() {
            app.dispatch(Action::Announce(text().copied.to_owned()));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::local_name;

    #[test]
    fn a_servers_name_is_no_path_here() {
        for (name, local) in [
            ("index.html", "index.html"),
            (".htaccess", ".htaccess"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..", "file"),
            ("", "file"),
            ("a\u{202E}gpj.exe", "agpj.exe"),
            ("con:\n", "con__"),
            ("日本語 1.txt", "日本語 1.txt"),
        ] {
            assert_eq!(local_name(name), local, "{name:?}");
        }
    }
}
