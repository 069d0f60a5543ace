//! A new name, typed in place.

use crate::store::{Action, text};
use crate::ui::use_app;
use std::cell::Cell;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The old name.
#[derive(Properties, PartialEq)]
pub(super) struct RenameFieldProps {
    /// As it is.
    pub(super) name: AttrValue,
}

/// The field: Enter or leaving it takes the new name, Esc keeps the old one.
#[component]
pub(super) fn RenameField(props: &RenameFieldProps) -> Html {
    let app = use_app();
    let node = use_node_ref();
    // Taking the field away makes it lose the focus: only the first ending counts.
    let ended = use_memo((), |()| Cell::new(false));
    {
        let node = node.clone();
        use_effect_with(props.name.clone(), move |name| {
            let Some(input) = node.cast::<HtmlInputElement>() else { return };
            input.set_value(name);
            let _ = input.focus();
            // The stem is what people change; the ending stays, as in desktop file managers.
            let stem = name.rfind('.').filter(|dot| *dot > 0).unwrap_or(name.len());
            let units = name.get(..stem).unwrap_or(name).encode_utf16().count();
            let _ = input.set_selection_range(0, u32::try_from(units).unwrap_or(u32::MAX));
        });
    }
    let take = {
        let (app, node, ended) = (app.clone(), node.clone(), ended.clone());
        move || {
            if !ended.replace(true) {
                let name = node.cast::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default();
                app.dispatch(Action::Rename(name));
            }
        }
    };
    let on_key = {
        let take = take.clone();
        move |event: KeyboardEvent| {
            event.stop_propagation();
            match event.key().as_str() {
                "Enter" => {
                    event.prevent_default();
                    take();
                }
                "Escape" => {
                    event.prevent_default();
                    ended.set(true);
                    app.dispatch(Action::StopRename);
                }
                _ => {}
            }
        }
    };
    html! {
        <input ref={node} class="rename" type="text" aria-label={text().new_name} spellcheck="false"
            autocapitalize="none" onkeydown={on_key} onblur={move |_| take()}
            onclick={|event: MouseEvent| event.stop_propagation()}
            ondblclick={|event: MouseEvent| event.stop_propagation()} />
    }
}
