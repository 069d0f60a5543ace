//! What stands where rows would.

use crate::store::browser::{Browser, Go};
use crate::store::{Action, Shared, text, visible};
use crate::ui::failure::FailureCard;
use crate::ui::icon::Icon;
use crate::ui::use_app;
use yew::prelude::*;

/// The directory.
#[derive(Properties, PartialEq)]
pub(super) struct InsteadProps {
    /// The directory.
    pub(super) browser: Shared<Browser>,
    /// The session is up.
    pub(super) up: bool,
}

/// What stands where rows would: loading, an error, or that there are none.
#[component]
pub(super) fn Instead(props: &InsteadProps) -> Html {
    let app = use_app();
    let browser = &props.browser;
    if let Some(failure) = &browser.failure {
        let (again, back) = (app.clone(), app.clone());
        return html! {
            <div class="instead">
                <FailureCard title={text().list_failed} failure={failure.clone()}>
                    <button type="button" class="primary" onclick={move |_| again.dispatch(Action::Go(Go::Again))}>
                        {text().retry}
                    </button>
                    if browser.can_go(&Go::Back) {
                        <button type="button" onclick={move |_| back.dispatch(Action::Go(Go::Back))}>{text().go_back}</button>
                    }
                </FailureCard>
            </div>
        };
    }
    if !browser.order.is_empty() {
        return match browser.unread.len() {
            0 => Html::default(),
            lines => html! {
                <details class="unread">
                    <summary>{(text().unread)(lines)}</summary>
                    <pre>{browser.unread.iter().map(|line| visible::text(line)).collect::<Vec<_>>().join("\n")}</pre>
                </details>
            },
        };
    }
    if !browser.entries.is_empty() {
        let clear = move |_| app.dispatch(Action::FilterBy(String::new()));
        return html! {
            <div class="instead quiet">
                <Icon name="search" />
                <p>{(text().nothing_fits)(&browser.filter)}</p>
                <button type="button" onclick={clear}>{text().clear_filter}</button>
            </div>
        };
    }
    if browser.loading.as_ref().is_some_and(|loading| !loading.quiet) {
        return html! {
            <div class="instead waiting" role="status">
                <span class="unseen">{text().loading}</span>
                { for (0..8).map(|line| html! { <span key={line} class="bone" aria-hidden="true" /> }) }
            </div>
        };
    }
    if browser.complete {
        return html! {
            <div class="instead quiet">
                <Icon name="folder-open" />
                <p>{text().empty_folder}</p>
                if props.up { <p class="hint">{text().empty_advice}</p> }
            </div>
        };
    }
    Html::default()
}
