//! A modal dialog: the browser's own, so that the rest of the page is out of reach and Esc works.

use crate::ui::focus::take_refuge;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement, HtmlElement};
use yew::prelude::*;

/// The dialog.
#[derive(Properties, PartialEq)]
pub(super) struct ModalProps {
    /// Its heading, and its name.
    pub(super) heading: AttrValue,
    /// Its look.
    #[prop_or_default]
    pub(super) class: Classes,
    /// Esc.
    pub(super) on_cancel: Callback<()>,
    /// The rest. The element marked `data-safe` gets the focus.
    pub(super) children: Html,
}

/// A `<dialog>` that is open as long as it is drawn. The focus goes to the safe element and returns where it was.
#[component]
pub(super) fn Modal(props: &ModalProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            let dialog = node.cast::<HtmlDialogElement>();
            let document = dialog.as_ref().and_then(|dialog| dialog.owner_document());
            let before = document.as_ref().and_then(|document| document.active_element());
            if let Some(dialog) = &dialog {
                // Fails only where the dialog is open already.
                let _ = dialog.show_modal();
                let safe = dialog.query_selector("[data-safe]").ok().flatten();
                focus(safe);
                // The focus may have scrolled to the answers: reading begins at the top.
                dialog.set_scroll_top(0);
            }
            move || {
                if let Some(dialog) = dialog {
                    dialog.close();
                }
                // What had the focus may be gone.
                match before.filter(|before| before.is_connected() && before.tag_name() != "BODY") {
                    Some(before) => focus(Some(before)),
                    None => take_refuge(),
                }
            }
        });
    }
    let cancel = {
        let on_cancel = props.on_cancel.clone();
        // The dialog closes when the store says so, not by itself.
        move |event: Event| {
            event.prevent_default();
            on_cancel.emit(());
        }
    };
    // Keys pressed here are none of the list's.
    let on_key = {
        let on_cancel = props.on_cancel.clone();
        move |event: KeyboardEvent| {
            event.stop_propagation();
            if event.key() == "Escape" {
                event.prevent_default();
                on_cancel.emit(());
            }
        }
    };
    html! {
        <dialog ref={node} class={props.class.clone()} aria-labelledby="dialog-heading" oncancel={cancel} onkeydown={on_key}>
            <h2 id="dialog-heading">{props.heading.clone()}</h2>
            {props.children.clone()}
        </dialog>
    }
}

fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}
