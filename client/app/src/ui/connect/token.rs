//! Where the relay asks who comes: the access token.

use crate::store::{Action, text};
use crate::ui::icon::Icon;
use crate::ui::use_app;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// What it shows.
#[derive(Properties, PartialEq)]
pub(crate) struct TokenFormProps {
    /// The relay's words.
    pub(crate) message: AttrValue,
    /// A token is on its way.
    pub(crate) busy: bool,
}

/// A field for the token, and the button. What is typed stays in the field until it is sent, and is nowhere else.
#[component]
pub(crate) fn TokenForm(props: &TokenFormProps) -> Html {
    let app = use_app();
    let field = use_node_ref();
    {
        let field = field.clone();
        use_effect_with(props.busy, move |busy| {
            if let (false, Some(input)) = (*busy, field.cast::<HtmlInputElement>()) {
                // An element that cannot take the focus just does not get it.
                let _ = input.focus();
            }
        });
    }
    let submit = {
        let field = field.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(input) = field.cast::<HtmlInputElement>() {
                let token = input.value().trim().to_owned();
                if !token.is_empty() {
                    input.set_value("");
                    app.dispatch(Action::ShowToken(token));
                }
            }
        }
    };
    html! {
        <form class="card connect" onsubmit={submit} autocomplete="off">
            <h1>{text().token_heading}</h1>
            <p id="token-message" class="note wide" role="status"><Icon name="lock" />{props.message.clone()}</p>
            <label class="field wide">
                <span>{text().token}</span>
                <input ref={field} type="password" autocomplete="off" autocapitalize="none" spellcheck="false"
                    disabled={props.busy} aria-describedby="token-message" />
            </label>
            <div class="ways wide">
                <p class="privacy">{text().token_privacy}</p>
                if props.busy {
                    <button type="submit" class="primary" disabled=true>
                        <span class="spinner" />{text().token_checking}
                    </button>
                } else {
                    <button type="submit" class="primary">{text().token_show}</button>
                }
            </div>
        </form>
    }
}
