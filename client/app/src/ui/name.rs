//! A name that a stranger chose: text only, isolated from its surroundings, with deceiving characters marked.

use crate::store::visible::{Piece, pieces};
use yew::prelude::*;

/// The name.
#[derive(Properties, PartialEq)]
pub(crate) struct NameProps {
    /// As it came.
    pub(crate) text: AttrValue,
}

/// A name in its own direction.
#[component]
pub(crate) fn Name(props: &NameProps) -> Html {
    name(&props.text)
}

/// The same without a component of its own: rows of long lists are drawn faster.
pub(crate) fn name(text: &str) -> Html {
    let piece = |piece: Piece| match piece {
        Piece::Plain(text) => html! { {text} },
        Piece::Mark(text) => html! { <span class="mark">{text}</span> },
    };
    html! { <bdi>{ for pieces(text).into_iter().map(piece) }</bdi> }
}
