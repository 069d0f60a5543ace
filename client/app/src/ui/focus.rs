//! The keyboard never falls off the page. When the element that had the focus is taken away or disabled, the browser leaves the
//! focus nowhere; then the list takes it, or the first field of the connect card.

use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Document, Element, Event, HtmlElement};
use yew::prelude::*;

/// Where the keyboard goes on, the best first.
const REFUGES: [&str; 3] = [".grid .body .row[tabindex='0']", ".grid", ".connect input:not(:disabled)"];

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// Focuses the best refuge there is.
pub(super) fn take_refuge() {
    let Some(document) = document() else { return };
    let found = REFUGES.iter().find_map(|refuge| document.query_selector(refuge).ok()?);
    if let Some(found) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        let _ = found.focus();
    }
}

/// A turn later: what a drawing adds and removes is in place then.
pub(super) fn later(act: impl FnOnce() + 'static) {
    let act = Closure::once_into_js(act);
    if let Some(window) = web_sys::window() {
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(act.unchecked_ref(), 0);
    }
}

/// Whether the element cannot hold the focus any more.
fn is_lost(element: &Element) -> bool {
    !element.is_connected() || element.has_attribute("disabled")
}

/// Looks after the focus, each time the page was drawn.
#[hook]
pub(super) fn use_focus_keeper() {
    let last = use_memo((), |()| Rc::new(RefCell::new(None::<Element>)));
    {
        let last = last.clone();
        use_effect_with((), move |()| {
            let watch = document().and_then(|document| {
                let seen = Closure::<dyn Fn(Event)>::new(move |event: Event| {
                    *last.borrow_mut() = event.target().and_then(|target| target.dyn_into().ok());
                });
                document.add_event_listener_with_callback("focusin", seen.as_ref().unchecked_ref()).ok()?;
                Some((document, seen))
            });
            move || {
                if let Some((document, seen)) = watch {
                    let _ = document
                        .remove_event_listener_with_callback("focusin", seen.as_ref().unchecked_ref());
                }
            }
        });
    }
    use_effect(move || {
        later(move || {
            let nowhere = document().is_some_and(|document| {
                document.active_element().is_none_or(|active| active.tag_name() == "BODY")
            });
            let lost = last.borrow().as_ref().is_some_and(is_lost);
            if nowhere && lost {
                take_refuge();
            }
        });
    });
}
