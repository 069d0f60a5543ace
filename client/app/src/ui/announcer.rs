//! Says to those who listen what others see.

use yew::prelude::*;

/// The words.
#[derive(Properties, PartialEq)]
pub(crate) struct AnnouncerProps {
    /// Tells words said twice apart.
    pub(crate) serial: u32,
    /// The words.
    pub(crate) words: AttrValue,
}

/// A live region: the words in a new element each time, so that the same words are said again.
#[component]
pub(crate) fn Announcer(props: &AnnouncerProps) -> Html {
    html! {
        <div class="unseen" aria-live="polite" aria-atomic="true">
            <p key={props.serial}>{props.words.clone()}</p>
        </div>
    }
}
