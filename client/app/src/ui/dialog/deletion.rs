//! Deleting: what would go, whether it shall, and how far it is.

use super::modal::Modal;
use crate::store::dialog::{Deletion, DeletionStage};
use crate::store::{Action, text, visible};
use crate::ui::failure::FailureCard;
use crate::ui::geometry::use_property;
use crate::ui::name::Name;
use crate::ui::use_app;
use yew::prelude::*;

/// Names listed; the others are counted.
const LISTED: usize = 6;

/// The deletion.
#[derive(Properties, PartialEq)]
pub(super) struct DeletionDialogProps {
    /// How far it is.
    pub(super) deletion: Deletion,
}

/// The dialog.
#[component]
pub(super) fn DeletionDialog(props: &DeletionDialogProps) -> Html {
    let app = use_app();
    let bar = use_node_ref();
    let deletion = &props.deletion;
    let all = deletion.tree;
    let percent = match &deletion.stage {
        DeletionStage::Deleting(_, gone) => {
            let (done, of) =
                (gone.files.saturating_add(gone.directories), all.files.saturating_add(all.directories));
            u8::try_from(u128::from(done) * 100 / u128::from(of.max(1))).unwrap_or(100).min(100)
        }
        _ => 0,
    };
    use_property(&bar, "--done", format!("{percent}%"));
    let close = {
        let app = app.clone();
        Callback::from(move |()| app.dispatch(Action::CloseDialog))
    };
    let delete = move |_| app.dispatch(Action::Delete);
    let names: Vec<String> = deletion.names.iter().map(|name| visible::text(name)).collect();
    let body = match &deletion.stage {
        DeletionStage::Counting(_) => html! {
            <p class="tally" role="status"><span class="spinner" />{text().counting}{" "}{(text().tree)(all)}</p>
        },
        DeletionStage::Ready => html! {
            <>
                <p class="tally">{(text().tree)(all)}</p>
                <p class="note">{text().deletion_final}</p>
            </>
        },
        DeletionStage::Deleting(_, gone) => html! {
            <>
                <p class="tally" role="status">{(text().deleting)(*gone, all)}</p>
                <span ref={bar} role="progressbar" class="progress" aria-label={text().delete} aria-valuemin="0"
                    aria-valuemax="100" aria-valuenow={percent.to_string()}><span /></span>
            </>
        },
        DeletionStage::Failed(failure) => html! {
            <FailureCard title={text().deletion_failed} failure={failure.clone()} />
        },
    };
    let way_out = match deletion.stage {
        DeletionStage::Counting(_) | DeletionStage::Ready => text().cancel,
        DeletionStage::Deleting(..) => text().stop,
        DeletionStage::Failed(_) => text().close,
    };
    let asking = matches!(deletion.stage, DeletionStage::Counting(_) | DeletionStage::Ready);
    html! {
        <Modal heading={text().delete} on_cancel={close.clone()}>
            <p class="question">{(text().delete_question)(&names)}</p>
            if deletion.names.len() > 1 {
                <ul class="names">
                    { for deletion.names.iter().take(LISTED).enumerate().map(|(index, name)| html! {
                        <li key={index}><Name text={name.clone()} /></li>
                    }) }
                    if deletion.names.len() > LISTED {
                        <li key="more">{(text().more_rows)(deletion.names.len() - LISTED)}</li>
                    }
                </ul>
            }
            { body }
            <div class="ways">
                <button type="button" data-safe="" onclick={close.reform(|_| ())}>{way_out}</button>
                if asking {
                    <button type="button" class="danger" disabled={deletion.stage != DeletionStage::Ready} onclick={delete}>
                        {text().delete}
                    </button>
                }
            </div>
        </Modal>
    }
}
