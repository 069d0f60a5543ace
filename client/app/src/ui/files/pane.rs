//! Toolbar, path and list together, and what may stand in the list's place.

use super::drop_zone::DropZone;
use super::grid::Grid;
use super::instead::Instead;
use super::notices::Notices;
use super::path_bar::{PathBar, focus};
use super::toolbar::Toolbar;
use crate::protocol::RowKind;
use crate::store::browser::{Browser, Go};
use crate::store::listing::Entry;
use crate::store::session::Session;
use crate::store::state::Card;
use crate::store::{Action, Shared, text, visible};
use crate::ui::download::{self, Wanted};
use crate::ui::focus::take_refuge;
use crate::ui::icon::Icon;
use crate::ui::use_app;
use std::cell::Cell;
use std::rc::Rc;
use yew::prelude::*;

/// What it shows.
#[derive(Properties, PartialEq)]
pub(crate) struct FilesPaneProps {
    /// The directory.
    pub(crate) browser: Shared<Browser>,
    /// Error cards.
    pub(crate) cards: Shared<Vec<Card>>,
    /// The session.
    pub(crate) session: Shared<Session>,
}

fn wanted(browser: &Browser, entries: &[Rc<Entry>]) -> Vec<Wanted> {
    let file = |entry: &Rc<Entry>| {
        let row = &entry.row;
        // The size that a listing gives for a link is the link's own.
        let size = row.size.filter(|_| row.kind == RowKind::File);
        Some(Wanted { name: row.name.text.clone(), path: browser.path_of(entry)?, size })
    };
    entries.iter().filter(|entry| !entry.is_directory()).filter_map(file).collect()
}

/// The pane.
#[component]
pub(crate) fn FilesPane(props: &FilesPaneProps) -> Html {
    let app = use_app();
    let browser = &props.browser;
    let up = props.session.is_up();
    let editing = use_state_eq(|| false);
    let folders_dropped = use_state_eq(|| false);
    let filter = use_node_ref();
    let ready = up && browser.path.is_some() && browser.complete && browser.failure.is_none();

    let open = {
        let (app, browser) = (app.clone(), browser.clone());
        Callback::from(move |row: u32| match browser.entry(row) {
            Some(entry) if matches!(entry.row.kind, RowKind::Directory | RowKind::Link) => {
                app.dispatch(Action::Enter(row))
            }
            Some(entry) if up => download::download(&app, wanted(&browser, std::slice::from_ref(entry))),
            _ => {}
        })
    };
    let fetch = {
        let (app, browser) = (app.clone(), browser.clone());
        Callback::from(move |()| download::download(&app, wanted(&browser, &browser.selected())))
    };
    let to_list = Callback::from(|()| take_refuge());
    let edit = {
        let editing = editing.setter();
        Callback::from(move |on: bool| editing.set(on))
    };
    // These work wherever the focus is in the pane.
    let on_key = {
        let (app, edit, filter) = (app.clone(), edit.clone(), filter.clone());
        move |event: KeyboardEvent| {
            let typing = event.target_dyn_into::<web_sys::HtmlInputElement>().is_some();
            let selected = match event.key().as_str() {
                "F2" => Some(Action::StartRename),
                "Delete" => Some(Action::AskDelete),
                _ => None,
            };
            if let Some(action) = selected.filter(|_| !typing && !event.default_prevented()) {
                event.prevent_default();
                return app.dispatch(action);
            }
            let go = match (event.key().as_str(), event.ctrl_key() || event.meta_key(), event.alt_key()) {
                ("l" | "L", true, false) => {
                    event.prevent_default();
                    return edit.emit(true);
                }
                ("/", false, false) if !typing => {
                    event.prevent_default();
                    return focus(&filter);
                }
                ("F5", ..) => Go::Again,
                ("ArrowLeft", false, true) => Go::Back,
                ("ArrowRight", false, true) => Go::Forward,
                _ => return,
            };
            // The list has its own way with these keys.
            if !event.default_prevented() {
                event.prevent_default();
                app.dispatch(Action::Go(go));
            }
        }
    };
    let drop = DropZone::new(
        ready,
        folders_dropped.clone(),
        app.clone(),
        use_memo((), |()| Cell::new(0_i32)),
        use_state_eq(|| false),
    );
    let selected = browser.selected();
    let files = selected.iter().any(|entry| !entry.is_directory());
    let cursor = browser.selection.cursor().is_some_and(|row| browser.selection.contains(row));
    html! {
        <main class={classes!("files", drop.over().then_some("dropping"))} onkeydown={on_key}
            ondragenter={drop.enter()} ondragover={drop.hover()} ondragleave={drop.leave()} ondrop={drop.take()}>
            <h1 class="unseen">{visible::text(&props.session.site.title())}</h1>
            <div class="bar">
                <Toolbar {ready} selected={selected.len()} {files} {cursor} on_download={fetch} />
                <PathBar browser={browser.clone()} {up} editing={*editing} on_edit={edit.clone()} filter={filter.clone()}
                    on_leave={to_list} />
            </div>
            <Notices cards={props.cards.clone()} session={props.session.clone()} />
            if *folders_dropped {
                <p class="notice" role="status">
                    <Icon name="folder" />{text().folders_later}
                    <button type="button" class="plain tiny" aria-label={text().dismiss} title={text().dismiss}
                        onclick={move |_| folders_dropped.set(false)}><Icon name="x" /></button>
                </p>
            }
            <div class="list">
                <div class={classes!("hurry", browser.loading.is_some().then_some("on"))} aria-hidden="true" />
                <Grid browser={browser.clone()} on_open={open} on_edit_path={edit.reform(|()| true)}
                    on_filter={Callback::from(move |()| focus(&filter))} />
                <Instead browser={browser.clone()} {up} />
                if drop.over() {
                    <div class="dropzone" aria-hidden="true">
                        <Icon name="upload" />
                        {(text().drop_here)(&visible::text(&browser.path.as_ref().map(|path| path.text.clone()).unwrap_or_default()))}
                    </div>
                }
            </div>
        </main>
    }
}
