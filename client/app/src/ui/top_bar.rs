//! Brand, session tab, theme.

use super::icon::Icon;
use super::use_app;
use crate::store::memory::Theme;
use crate::store::session::{Phase, Session};
use crate::store::{Action, Shared, text};
use yew::prelude::*;

/// What it shows.
#[derive(Properties, PartialEq)]
pub(crate) struct TopBarProps {
    /// The session of the tab.
    pub(crate) session: Option<Shared<Session>>,
    /// Light or dark.
    pub(crate) theme: Theme,
}

/// The bar at the top.
#[component]
pub(crate) fn TopBar(props: &TopBarProps) -> Html {
    let app = use_app();
    let (icon, label) = match props.theme {
        Theme::System => ("monitor", text().theme_system),
        Theme::Light => ("sun", text().theme_light),
        Theme::Dark => ("moon", text().theme_dark),
    };
    let turn = {
        let (app, next) = (app.clone(), props.theme.next());
        move |_| app.dispatch(Action::SetTheme(next))
    };
    let disconnect = Callback::from(move |()| app.dispatch(Action::Disconnect));
    html! {
        <header class="top">
            <span class="brand"><Icon name="towpath" />{"Towpath"}</span>
            if let Some(session) = &props.session {
                <SessionTab session={session.clone()} on_close={disconnect.clone()} />
            }
            <span class="spring" />
            if props.session.as_ref().is_some_and(|session| session.is_up()) {
                <button class="plain" type="button" aria-label={text().disconnect} title={text().disconnect}
                    onclick={disconnect.reform(|_| ())}>
                    <Icon name="unplug" /><span class="word">{text().disconnect}</span>
                </button>
            }
            <button class="plain square" type="button" title={label} aria-label={label} onclick={turn}>
                <Icon name={icon} />
            </button>
        </header>
    }
}

#[derive(Properties, PartialEq)]
struct SessionTabProps {
    session: Shared<Session>,
    on_close: Callback<()>,
}

/// One session: its site, how it is, and a way to close it.
#[component]
fn SessionTab(props: &SessionTabProps) -> Html {
    let session = &props.session;
    let title = session.site.title();
    let (state, words) = match session.phase {
        Phase::Up => ("up", (text().connected_to)(&title)),
        Phase::Connecting | Phase::Asked(_) => ("busy", (text().connecting_to)(&title)),
        Phase::Lost(..) => ("lost", text().lost_heading.to_owned()),
    };
    let close = (text().close_session)(&title);
    html! {
        <nav class="sessions" aria-label={text().sessions}>
            <span class="session" title={words}>
                <span class={classes!("dot", state)} aria-hidden="true" />
                <span class="title">{title}</span>
                <button class="plain tiny" type="button" title={close.clone()} aria-label={close}
                    onclick={props.on_close.reform(|_| ())}>
                    <Icon name="x" />
                </button>
            </span>
        </nav>
    }
}
