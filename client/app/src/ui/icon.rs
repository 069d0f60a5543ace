//! One icon of the sprite.

use yew::prelude::*;

/// Which.
#[derive(Properties, PartialEq)]
pub(crate) struct IconProps {
    /// The symbol's name in `icons.svg`.
    pub(crate) name: &'static str,
}

/// An icon says nothing by itself: whatever holds it has a name.
#[component]
pub(crate) fn Icon(props: &IconProps) -> Html {
    icon(props.name)
}

/// The same without a component of its own: rows of long lists are drawn faster.
pub(crate) fn icon(name: &'static str) -> Html {
    html! {
        <svg class="icon" aria-hidden="true" focusable="false"><use href={format!("icons.svg#{name}")} /></svg>
    }
}
