//! The transfers of a tab.

use super::transfer_row::TransferRow;
use crate::store::action::Tab;
use crate::store::jobs::{Job, Jobs};
use crate::store::{Action, Shared, text};
use crate::ui::use_app;
use yew::prelude::*;

/// Rows drawn; the others are counted.
const DRAWN: usize = 200;

/// The transfers.
#[derive(Properties, PartialEq)]
pub(super) struct TransfersProps {
    /// All of them.
    pub(super) jobs: Shared<Jobs>,
    /// Which are shown.
    pub(super) tab: Tab,
}

/// The rows.
#[component]
pub(super) fn Transfers(props: &TransfersProps) -> Html {
    let app = use_app();
    let jobs: Vec<Shared<Job>> = match props.tab {
        Tab::Transfers => props.jobs.active().cloned().collect(),
        Tab::Failed => props.jobs.failed().cloned().collect(),
        Tab::Done | Tab::Log => props.jobs.done().cloned().collect(),
    };
    if jobs.is_empty() {
        let words = match props.tab {
            Tab::Transfers => text().no_transfers,
            Tab::Failed => text().no_failed,
            Tab::Done | Tab::Log => text().no_done,
        };
        return html! { <p class="nothing">{words}</p> };
    }
    let clear = move |_| app.dispatch(Action::ForgetDone);
    html! {
        <div class="transfers" tabindex="0" role="group" aria-label={text().transfers}>
            <ul>{ for jobs.iter().take(DRAWN).map(|job| html! { <TransferRow key={job.id.0} job={job.clone()} /> }) }</ul>
            if jobs.len() > DRAWN { <p class="more">{(text().more_rows)(jobs.len() - DRAWN)}</p> }
            if props.tab == Tab::Done {
                <p class="more"><button type="button" class="plain" onclick={clear}>{text().clear_done}</button></p>
            }
        </div>
    }
}
