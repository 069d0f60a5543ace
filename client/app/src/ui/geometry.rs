//! Sizes that are known only while the page runs. They go through CSSOM as custom properties: the Content-Security-Policy
//! forbids `style` attributes.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlElement, MediaQueryList, ResizeObserver};
use yew::prelude::*;

/// Sets a custom property of an element.
pub(crate) fn set_property(node: &NodeRef, name: &str, value: &str) {
    if let Some(element) = node.cast::<HtmlElement>() {
        // A refused value leaves the style sheet's own.
        let _ = element.style().set_property(name, value);
    }
}

/// Keeps a custom property of an element at a value, such as `12px`.
#[hook]
pub(crate) fn use_property(node: &NodeRef, name: &'static str, value: String) {
    let node = node.clone();
    use_effect_with(value, move |value| set_property(&node, name, value));
}

/// The height of an element, as it changes.
#[hook]
pub(crate) fn use_height(node: &NodeRef) -> f64 {
    let height = use_state_eq(|| 0.0);
    let (node, setter) = (node.clone(), height.setter());
    use_effect_with((), move |()| {
        let observed = node.cast::<Element>().and_then(|element| {
            setter.set(f64::from(element.client_height()));
            let watched = element.clone();
            let changed = Closure::<dyn Fn()>::new(move || setter.set(f64::from(watched.client_height())));
            let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok()?;
            observer.observe(&element);
            Some((observer, changed))
        });
        move || {
            if let Some((observer, _changed)) = observed {
                observer.disconnect();
            }
        }
    });
    *height
}

/// Whether a media query holds, as it changes.
#[hook]
pub(crate) fn use_media(query: &'static str) -> bool {
    let list =
        use_memo((), move |()| -> Option<MediaQueryList> { web_sys::window()?.match_media(query).ok()? });
    let holds = use_state_eq(|| list.as_ref().as_ref().is_some_and(MediaQueryList::matches));
    let setter = holds.setter();
    use_effect_with((), move |()| {
        let watch = list.as_ref().clone().map(|list| {
            let watched = list.clone();
            let changed = Closure::<dyn Fn()>::new(move || setter.set(watched.matches()));
            list.set_onchange(Some(changed.as_ref().unchecked_ref()));
            (list, changed)
        });
        move || {
            if let Some((list, _changed)) = watch {
                list.set_onchange(None);
            }
        }
    });
    *holds
}

/// Narrow: one column. The style sheets' own limit.
pub(crate) const NARROW: &str = "(max-width: 700px)";
/// A finger instead of a mouse.
pub(crate) const COARSE: &str = "(pointer: coarse)";
