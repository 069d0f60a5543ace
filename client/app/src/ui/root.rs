//! The whole page: which screen is shown, and what lies over it.

use super::announcer::Announcer;
use super::awake::use_awake;
use super::connect::ConnectScreen;
use super::dialog::Dialogs;
use super::dock::Dock;
use super::files::FilesPane;
use super::focus::use_focus_keeper;
use super::runtime::App;
use super::status_bar::StatusBar;
use super::top_bar::TopBar;
use crate::store::{State, visible};
use yew::prelude::*;

/// The page.
#[component]
pub(crate) fn Root() -> Html {
    let app = use_memo((), |()| App::new());
    use_focus_keeper();
    use_awake(&app);
    let state = {
        let app = app.clone();
        use_state(move || app.state())
    };
    {
        let (app, setter) = (app.clone(), state.setter());
        use_effect_with((), move |()| app.start(Callback::from(move |state: State| setter.set(state))));
    }
    use_title(&state);
    // Where the relay asks who comes, that is answered first; the files are there again afterwards.
    let asked = state.token_wanted.is_some();
    let browsing = state.session.clone().filter(|session| session.has_browser() && !asked);
    let screen = match browsing.clone() {
        Some(session) => html! {
            <FilesPane browser={state.browser.clone()} cards={state.cards.clone()} {session} />
        },
        None => html! {
            <ConnectScreen
                session={state.session.clone()}
                relay={state.relay.clone()}
                leaving={state.leaving.clone().map(AttrValue::from)}
                token_wanted={state.token_wanted.clone().map(AttrValue::from)}
                presets={state.presets.clone()}
                memory={state.memory.clone()}
            />
        },
    };
    html! {
        <ContextProvider<App> context={(*app).clone()}>
            <div class="app">
                <TopBar session={state.session.clone()} theme={state.memory.theme} />
                { screen }
                if state.session.is_some() {
                    <Dock
                        jobs={state.jobs.clone()}
                        log={state.log.clone()}
                        tab={state.tab}
                        open={state.memory.dock_open}
                        height={state.memory.dock_height}
                    />
                }
                if let Some(session) = browsing {
                    <StatusBar {session} browser={state.browser.clone()} relay={state.relay.clone()}
                        leaving={state.leaving.clone().map(AttrValue::from)} />
                }
            </div>
            <Dialogs session={state.session.clone()} dialog={state.dialog.clone()} />
            <Announcer serial={state.announcement.0} words={state.announcement.1.clone()} />
        </ContextProvider<App>>
    }
}

/// The window is named after the site and the folder, so that tabs and history can be told apart.
#[hook]
fn use_title(state: &State) {
    let site = state.session.as_ref().map(|session| session.site.title());
    let folder = state.browser.path.as_ref().filter(|_| site.is_some()).map(|path| path.text.clone());
    let parts = [folder, site, Some("Towpath".to_owned())];
    let title = parts.into_iter().flatten().map(|part| visible::text(&part)).collect::<Vec<_>>().join(" · ");
    use_effect_with(title, |title| {
        if let Some(document) = web_sys::window().and_then(|window| window.document()) {
            document.set_title(title);
        }
    });
}
