//! How the way to the relay is, calmly.

use crate::protocol::Stage;
use crate::store::state::Relay;
use crate::store::{Action, Shared, text};
use crate::ui::failure::FailureCard;
use crate::ui::use_app;
use yew::prelude::*;

/// The way.
#[derive(Properties, PartialEq)]
pub(crate) struct RelayNoteProps {
    /// How it is.
    pub(crate) relay: Shared<Relay>,
    /// The relay's words before it stops.
    pub(crate) leaving: Option<AttrValue>,
}

/// A line, or a card where the relay is lost.
#[component]
pub(crate) fn RelayNote(props: &RelayNoteProps) -> Html {
    let app = use_app();
    let line = |state: &'static str, words: String| {
        html! { <p class="relay" role="status"><span class={classes!("dot", state)} aria-hidden="true" />{words}</p> }
    };
    match (&*props.relay, &props.leaving) {
        (Relay::Ready(_), Some(words)) => line("busy", words.to_string()),
        (Relay::Ready(relay), None) => line("up", (text().relay_ready)(relay)),
        (Relay::Interrupted(_), _) => line("busy", text().relay_interrupted.to_owned()),
        (Relay::Connecting, _) => line("busy", text().relay_connecting.to_owned()),
        (Relay::Lost(failure), _) => {
            let retry = move |_| app.dispatch(Action::RetryRelay);
            let title = match failure.stage {
                Stage::Relay => text().relay_lost,
                Stage::Policy => text().relay_refused,
                _ => text().worker_failed,
            };
            html! {
                <FailureCard {title} failure={failure.clone()}>
                    <button type="button" onclick={retry}>{text().retry}</button>
                </FailureCard>
            }
        }
    }
}
