//! A file of that name is there: both sides, and what to do.

use super::modal::Modal;
use crate::protocol::Modified;
use crate::store::dialog::{Choice, Conflict, free_name};
use crate::store::{Action, format, text, visible};
use crate::ui::use_app;
use crate::ui::{icon::Icon, local_time};
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The conflict.
#[derive(Properties, PartialEq)]
pub(super) struct ConflictDialogProps {
    /// Both sides.
    pub(super) conflict: Conflict,
}

/// The dialog.
#[component]
pub(super) fn ConflictDialog(props: &ConflictDialogProps) -> Html {
    let app = use_app();
    let all = use_state_eq(|| false);
    let Conflict { ours, theirs, waiting, .. } = &props.conflict;
    let resolve = {
        let all = *all;
        Callback::from(move |choice: Choice| app.dispatch(Action::Resolve(choice, all)))
    };
    let choose = |choice: Choice| resolve.reform(move |_: MouseEvent| choice);
    let tick = {
        let all = all.setter();
        move |event: Event| {
            all.set(event.target_dyn_into::<HtmlInputElement>().is_some_and(|input| input.checked()));
        }
    };
    let name = visible::text(&ours.name);
    let folder = theirs.is_directory();
    let side = |heading: &'static str, size: Option<u64>, modified: Option<Modified>| {
        let shown = modified.map_or_else(|| text().not_known.to_owned(), local_time::relative);
        html! {
            <div class="side">
                <h3>{heading}</h3>
                <p>{size.map_or_else(|| text().not_known.to_owned(), format::size)}</p>
                <p title={modified.map(local_time::exact)}>{shown}</p>
            </div>
        }
    };
    let local = ours.modified.map(|seconds| Modified { seconds, has_time: true, utc: true });
    let intro = if folder { (text().folder_exists_intro)(&name) } else { (text().exists_intro)(&name) };
    html! {
        <Modal heading={text().file_exists} on_cancel={resolve.reform(|()| Choice::Cancel)}>
            <p>{intro}</p>
            <div class="sides">
                { side(text().on_this_side, Some(ours.size), local) }
                <Icon name="arrow-right" />
                { side(text().on_server, theirs.row.size.filter(|_| !folder), theirs.row.modified) }
            </div>
            <p class="note">{(text().keep_both_as)(&visible::text(&free_name(&ours.name, |_| false)))}</p>
            if !waiting.is_empty() {
                <label class="tick">
                    <input type="checkbox" checked={*all} onchange={tick} />
                    {(text().apply_to_all)(waiting.len())}
                </label>
            }
            <div class="ways">
                <button type="button" data-safe="" onclick={choose(Choice::Cancel)}>{text().cancel}</button>
                <span class="spring" />
                <button type="button" onclick={choose(Choice::Skip)}>{text().skip}</button>
                <button type="button" onclick={choose(Choice::Rename)}>{text().keep_both}</button>
                if !folder {
                    <button type="button" class="danger" onclick={choose(Choice::Overwrite)}>{text().overwrite}</button>
                }
            </div>
        </Modal>
    }
}
