//! The list of remote files: virtual, one tab stop, the keyboard of a file manager.

use super::header::Header;
use super::keys::{Key, Meaning, TypeAhead, meaning};
use super::row::FileRow;
use super::viewport::{OVERSCAN, scroll_to, visible_range};
use crate::store::browser::Browser;
use crate::store::selection::{Grip, Step};
use crate::store::{Action, Shared, text};
use crate::ui::geometry::{COARSE, NARROW, use_height, use_media, use_property};
use crate::ui::runtime::steady_now;
use crate::ui::use_app;
use std::cell::{Cell, RefCell};
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// Height of a row, as the style sheets have it.
const ROW: f64 = 32.0;
/// With a second line, on narrow screens.
const TALL_ROW: f64 = 52.0;
/// Height of the heading row, which stays at the top.
const HEAD: f64 = 32.0;

/// The list.
#[derive(Properties, PartialEq)]
pub(super) struct GridProps {
    /// The directory.
    pub(super) browser: Shared<Browser>,
    /// Open this row.
    pub(super) on_open: Callback<u32>,
    /// The path shall be typed.
    pub(super) on_edit_path: Callback<()>,
    /// To the filter.
    pub(super) on_filter: Callback<()>,
}

/// The list.
#[component]
pub(super) fn Grid(props: &GridProps) -> Html {
    let app = use_app();
    let browser = &props.browser;
    let (scroller, body, window) = (use_node_ref(), use_node_ref(), use_node_ref());
    let height = (use_height(&scroller) - HEAD).max(0.0);
    let narrow = use_media(NARROW);
    let coarse = use_media(COARSE);
    let row_height = if narrow { TALL_ROW } else { ROW };
    let first = use_state_eq(|| 0_usize);
    // Whether the keyboard is the list's: so it begins, since the screen before it is gone.
    let held = use_memo((), |()| Cell::new(true));

    let len = browser.order.len();
    let range = visible_range(*first as f64 * row_height, height, row_height, len, OVERSCAN);
    use_property(&body, "--body", format!("{}px", len as f64 * row_height));
    use_property(&window, "--offset", format!("{}px", range.start as f64 * row_height));

    let cursor = browser.selection.cursor();
    let cursor_place = cursor.and_then(|cursor| browser.order.iter().position(|row| *row == cursor));
    let cursor_drawn = cursor_place.is_some_and(|place| range.contains(&place));
    let tab_row = match cursor_place {
        Some(_) => cursor,
        // Without a cursor the first row is the tab stop.
        None => range.clone().next().and_then(|_| browser.order.first().copied()),
    };
    let stop_drawn = cursor_drawn || (cursor_place.is_none() && range.start == 0 && len > 0);

    let scrolled = {
        let (first, scroller, held) = (first.setter(), scroller.clone(), held.clone());
        move || {
            let Some(element) = scroller.cast::<HtmlElement>() else { return };
            let row = (f64::from(element.scroll_top()) / row_height).floor() as usize;
            // A focused row that is scrolled away leaves its focus to the list, so that the keyboard is not lost.
            if held.get()
                && cursor_place.is_some_and(|place| {
                    !visible_range(row as f64 * row_height, height, row_height, len, OVERSCAN)
                        .contains(&place)
                })
                && focus_is_inside(&element)
            {
                let _ = element.focus();
            }
            first.set(row);
        }
    };

    // The cursor has moved: into view, and with the keyboard if the list has it.
    {
        let (scroller, scrolled) = (scroller.clone(), scrolled.clone());
        use_effect_with((browser.reveal, row_height as u32), move |_| {
            let element = scroller.cast::<HtmlElement>();
            if let (Some(element), Some(place)) = (element, cursor_place)
                && let Some(top) = scroll_to(f64::from(element.scroll_top()), height, row_height, place)
            {
                element.set_scroll_top(top.round() as i32);
                scrolled();
            }
        });
    }
    // Another folder begins at its top.
    {
        let (scroller, first) = (scroller.clone(), first.setter());
        use_effect_with(browser.place, move |_| {
            if cursor_place.is_none()
                && let Some(element) = scroller.cast::<HtmlElement>()
            {
                element.set_scroll_top(0);
                first.set(0);
            }
        });
    }
    {
        let (scroller, held) = (scroller.clone(), held.clone());
        let renaming = browser.renaming.as_ref().is_some_and(|renaming| renaming.sent.is_none());
        use_effect_with((cursor, cursor_drawn, browser.order.clone(), renaming), move |_| {
            if let Some(element) = scroller.cast::<HtmlElement>().filter(|_| held.get() && !renaming) {
                keep_focus(&element);
            }
        });
    }

    let on_click = {
        let app = app.clone();
        let open = props.on_open.clone();
        let entries = browser.entries.clone();
        Callback::from(move |(row, event): (u32, MouseEvent)| {
            let grip = match (event.shift_key(), event.ctrl_key() || event.meta_key()) {
                (true, _) => Grip::Range,
                (false, true) => Grip::Toggle,
                (false, false) => Grip::Only,
            };
            app.dispatch(Action::Grip(row, grip));
            // A finger has no second click: one tap opens a folder.
            let folder = entries.get(row as usize).is_some_and(|entry| entry.is_directory());
            if coarse && folder && grip == Grip::Only {
                open.emit(row);
            }
        })
    };
    let on_menu = {
        let app = app.clone();
        Callback::from(move |(row, event): (u32, MouseEvent)| {
            if coarse {
                event.prevent_default();
                app.dispatch(Action::Grip(row, Grip::Toggle));
            }
        })
    };
    let typed = use_memo((), |()| RefCell::new(TypeAhead::default()));
    let on_key = {
        let (app, scroller) = (app.clone(), scroller.clone());
        let (open, edit_path, filter) =
            (props.on_open.clone(), props.on_edit_path.clone(), props.on_filter.clone());
        move |event: KeyboardEvent| {
            let name = event.key();
            let ctrl = event.ctrl_key() || event.meta_key();
            let key = Key { key: &name, ctrl, shift: event.shift_key(), alt: event.alt_key() };
            let page = (height / row_height).floor().max(2.0) as i32 - 1;
            let Some(meaning) = meaning(&key, page) else { return };
            event.prevent_default();
            match meaning {
                Meaning::Act(Action::Step(Step::By(-1), Grip::Only)) if cursor_place == Some(0) => {
                    focus_within(&scroller, "[data-sorted]");
                }
                Meaning::Act(action) => app.dispatch(action),
                Meaning::Open => cursor.into_iter().for_each(|row| open.emit(row)),
                Meaning::EditPath => edit_path.emit(()),
                Meaning::Filter => filter.emit(()),
                Meaning::Type(c) => {
                    let (prefix, advance) = typed.borrow_mut().push(c, steady_now());
                    app.dispatch(Action::Seek(prefix, advance));
                }
            }
        }
    };
    let to_rows = {
        let app = app.clone();
        let scroller = scroller.clone();
        Callback::from(move |()| {
            focus_within(&scroller, ".row[tabindex='0']");
            app.dispatch(Action::Step(Step::First, Grip::Only));
        })
    };
    let focused = {
        let held = held.clone();
        move |_: FocusEvent| held.set(true)
    };
    let blurred = {
        let scroller = scroller.clone();
        move |event: FocusEvent| {
            // Without a next element the focused row was taken away, or the window left: the list still has the keyboard.
            let next =
                event.related_target().and_then(|next| wasm_bindgen::JsCast::dyn_into::<Element>(next).ok());
            if let (Some(next), Some(list)) = (next, scroller.cast::<Element>())
                && !list.contains(Some(&next))
            {
                held.set(false);
            }
        }
    };
    let empty_click = {
        let app = app.clone();
        move |event: MouseEvent| {
            let target = event.target_dyn_into::<Element>();
            if target.is_some_and(|target| target.closest("[role=row]").ok().flatten().is_none()) {
                app.dispatch(Action::SelectNone);
            }
        }
    };
    let renaming = browser.renaming.clone();
    let rows =
        browser.order.get(range.clone()).unwrap_or_default().iter().enumerate().filter_map(|(index, row)| {
            let entry = browser.entry(*row)?.clone();
            Some(html! {
                <FileRow key={*row} {entry} row={*row} place={range.start + index}
                    selected={browser.selection.contains(*row)} cursor={tab_row == Some(*row)}
                    renaming={renaming.as_ref().filter(|renaming| renaming.row == *row).map(|renaming| {
                        renaming.sent.as_ref().map(|(_, name)| name.clone())
                    })}
                    on_click={on_click.clone()} on_open={props.on_open.clone()} on_menu={on_menu.clone()} />
            })
        });
    html! {
        <div ref={scroller} class="grid" role="grid" aria-label={text().remote_files} aria-multiselectable="true"
            aria-rowcount={(len + 1).to_string()} aria-busy={browser.loading.is_some().to_string()}
            tabindex={if stop_drawn { "-1" } else { "0" }}
            onscroll={move |_| scrolled()} onkeydown={on_key} onclick={empty_click}
            onfocusin={focused} onfocusout={blurred}>
            <Header sort={browser.sort} on_leave={to_rows} />
            <div ref={body} role="rowgroup" class="body">
                <div ref={window} role="presentation" class="window">{ for rows }</div>
            </div>
        </div>
    }
}

fn focus_within(scroller: &NodeRef, selector: &str) {
    let found = scroller.cast::<Element>().and_then(|element| element.query_selector(selector).ok()?);
    if let Some(found) = found.and_then(|found| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(found).ok()) {
        let _ = found.focus();
    }
}

fn active_element(element: &Element) -> Option<Element> {
    element.owner_document()?.active_element()
}

fn focus_is_inside(element: &Element) -> bool {
    active_element(element).is_some_and(|active| active != *element && element.contains(Some(&active)))
}

/// Gives the focus to the row that is the tab stop, or to the list where that row is not drawn, unless something
/// else on the page has taken it meanwhile.
fn keep_focus(element: &HtmlElement) {
    let elsewhere = active_element(element)
        .is_some_and(|active| active.tag_name() != "BODY" && !element.contains(Some(&active)));
    let in_header =
        active_element(element).is_some_and(|active| active.closest(".head").ok().flatten().is_some());
    if elsewhere || in_header {
        return;
    }
    let row = element.query_selector(".body .row[tabindex='0']").ok().flatten();
    match row.and_then(|row| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(row).ok()) {
        Some(row) => {
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = row.focus_with_options(&options);
        }
        None => {
            let _ = element.focus();
        }
    }
}
