//! What can be done with the folder and with what is selected in it.

use crate::store::{Action, text};
use crate::ui::icon::Icon;
use crate::ui::{upload, use_app};
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// What is possible.
#[derive(Properties, PartialEq)]
pub(super) struct ToolbarProps {
    /// The folder can be changed.
    pub(super) ready: bool,
    /// How many rows are selected.
    pub(super) selected: usize,
    /// Whether there is a file among them.
    pub(super) files: bool,
    /// Whether the cursor is on one of them.
    pub(super) cursor: bool,
    /// Fetch what is selected.
    pub(super) on_download: Callback<()>,
}

/// The buttons.
#[component]
pub(super) fn Toolbar(props: &ToolbarProps) -> Html {
    let app = use_app();
    let field = use_node_ref();
    let ask_files = {
        let field = field.clone();
        Callback::from(move |()| {
            if let Some(input) = field.cast::<HtmlInputElement>() {
                input.click();
            }
        })
    };
    let picked = {
        let app = app.clone();
        move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            let files = input.files().map(|list| upload::picked(&list)).unwrap_or_default();
            // The same file may be picked again.
            input.set_value("");
            upload::upload(&app, files);
        }
    };
    let act = |action: fn() -> Action| {
        let app = app.clone();
        Callback::from(move |()| app.dispatch(action()))
    };
    let button = |icon: &'static str, label: &'static str, enabled: bool, press: Callback<()>| {
        html! {
            <button type="button" class="tool" aria-label={label} title={label} disabled={!enabled}
                onclick={press.reform(|_| ())}>
                <Icon name={icon} /><span class="word">{label}</span>
            </button>
        }
    };
    let some = props.ready && props.selected > 0;
    html! {
        <div class="tools" role="toolbar" aria-label={text().actions}>
            <input ref={field} type="file" multiple=true hidden=true onchange={picked} aria-label={text().upload_files} />
            { button("upload", text().upload_files, props.ready, ask_files) }
            { button("download", text().download, some && props.files, props.on_download.clone()) }
            <span class="rule" aria-hidden="true" />
            { button("folder-plus", text().new_folder, props.ready, act(|| Action::AskNewFolder)) }
            { button("pencil", text().rename, some && props.selected == 1 && props.cursor, act(|| Action::StartRename)) }
            { button("trash", text().delete, some, act(|| Action::AskDelete)) }
        </div>
    }
}
