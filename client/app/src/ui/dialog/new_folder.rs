//! A new folder's name.

use super::modal::Modal;
use crate::store::dialog::Complaint;
use crate::store::{Action, text, visible};
use crate::ui::focus::{later, take_refuge};
use crate::ui::use_app;
use std::cell::Cell;
use web_sys::{HtmlInputElement, SubmitEvent};
use yew::prelude::*;

/// How far it is.
#[derive(Properties, PartialEq)]
pub(super) struct NewFolderDialogProps {
    /// The server is asked.
    pub(super) busy: bool,
    /// Why the last name came to nothing.
    pub(super) problem: Option<Complaint>,
}

/// The dialog.
#[component]
pub(super) fn NewFolderDialog(props: &NewFolderDialogProps) -> Html {
    let app = use_app();
    let name = use_state(String::new);
    let typed = {
        let name = name.setter();
        move |event: InputEvent| {
            name.set(
                event.target_dyn_into::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default(),
            );
        }
    };
    let submit = {
        let (app, name, busy) = (app.clone(), name.clone(), props.busy);
        move |event: SubmitEvent| {
            event.prevent_default();
            if !busy {
                app.dispatch(Action::NewFolder((*name).clone()));
            }
        }
    };
    // Where it was not cancelled the person goes on in the list, on the new folder.
    let cancelled = use_memo((), |()| Cell::new(false));
    {
        let cancelled = cancelled.clone();
        use_effect_with((), move |()| {
            move || {
                if !cancelled.get() {
                    later(take_refuge);
                }
            }
        });
    }
    let cancel = Callback::from(move |()| {
        cancelled.set(true);
        app.dispatch(Action::CloseDialog);
    });
    let reply = match &props.problem {
        Some(Complaint::Failed(failure)) => failure.reply.clone(),
        _ => None,
    };
    html! {
        <Modal heading={text().new_folder} on_cancel={cancel.clone()}>
            <form onsubmit={submit}>
                <label class="field">
                    <span>{text().folder_name}</span>
                    <input data-safe="" type="text" autocapitalize="none" spellcheck="false" value={(*name).clone()}
                        aria-invalid={props.problem.is_some().then_some("true")} aria-describedby="folder-problem"
                        oninput={typed} />
                </label>
                <p id="folder-problem" class="note wrong" role="alert">
                    {props.problem.as_ref().map(|problem| (text().complaint)(problem))}
                    if let Some(reply) = reply { <q>{visible::text(&reply)}</q> }
                </p>
                <div class="ways">
                    <button type="button" onclick={cancel.reform(|_| ())}>{text().cancel}</button>
                    <button type="submit" class="primary" aria-busy={props.busy.to_string()}>
                        if props.busy { <span class="spinner" /> }
                        {text().create}
                    </button>
                </div>
            </form>
        </Modal>
    }
}
