//! What went wrong, above the list.

use crate::store::session::{Phase, Session};
use crate::store::state::Card;
use crate::store::{Action, Shared, text};
use crate::ui::failure::FailureCard;
use crate::ui::use_app;
use yew::prelude::*;

/// What went wrong.
#[derive(Properties, PartialEq)]
pub(super) struct NoticesProps {
    /// Error cards.
    pub(super) cards: Shared<Vec<Card>>,
    /// The session.
    pub(super) session: Shared<Session>,
}

/// Error cards, and the way back from a lost connection.
#[component]
pub(super) fn Notices(props: &NoticesProps) -> Html {
    let app = use_app();
    let lost = match &props.session.phase {
        Phase::Lost(failure, lines) => {
            let (again, away) = (app.clone(), app.clone());
            html! {
                <FailureCard title={text().lost_heading} failure={failure.clone()} lines={lines.clone()}>
                    <button type="button" class="primary" onclick={move |_| again.dispatch(Action::Reconnect)}>
                        {text().reconnect}
                    </button>
                    <button type="button" onclick={move |_| away.dispatch(Action::Disconnect)}>{text().disconnect}</button>
                </FailureCard>
            }
        }
        _ => Html::default(),
    };
    let card = |card: &Card| {
        let (app, id) = (app.clone(), card.id);
        let dismiss = Callback::from(move |()| app.dispatch(Action::Dismiss(id)));
        html! {
            <FailureCard key={id} title={card.title.clone()} failure={card.failure.clone()} lines={card.lines.clone()}
                on_dismiss={dismiss} />
        }
    };
    html! {
        <div class="notices">
            <div>{lost}</div>
            <div>{ for props.cards.iter().map(card) }</div>
        </div>
    }
}
