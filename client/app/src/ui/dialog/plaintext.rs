//! The server has no TLS: may the password go as plain text?

use super::modal::Modal;
use crate::store::action::Answer;
use crate::store::{Action, text, visible};
use crate::ui::use_app;
use yew::prelude::*;

/// Which server.
#[derive(Properties, PartialEq)]
pub(super) struct PlaintextDialogProps {
    /// Its host.
    pub(super) host: String,
}

/// The dialog.
#[component]
pub(super) fn PlaintextDialog(props: &PlaintextDialogProps) -> Html {
    let app = use_app();
    let answer = Callback::from(move |answer: Answer| app.dispatch(Action::Answer(answer)));
    html! {
        <Modal heading={text().no_encryption} class="warning" on_cancel={answer.reform(|()| Answer::No)}>
            <p>{(text().no_encryption_intro)(&visible::text(&props.host))}</p>
            <div class="ways">
                <button type="button" class="danger" onclick={answer.reform(|_| Answer::Once)}>{text().continue_plain}</button>
                <button type="button" class="primary" data-safe="" onclick={answer.reform(|_| Answer::No)}>{text().cancel}</button>
            </div>
        </Modal>
    }
}
