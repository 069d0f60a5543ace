//! The columns' headings, which sort.

use crate::store::listing::{Column, Sort};
use crate::store::{Action, text};
use crate::ui::icon::Icon;
use crate::ui::use_app;
use web_sys::HtmlElement;
use yew::prelude::*;

/// What the rows are sorted by.
#[derive(Properties, PartialEq)]
pub(super) struct HeaderProps {
    /// Column and direction.
    pub(super) sort: Sort,
    /// Back to the rows.
    pub(super) on_leave: Callback<()>,
}

fn label(column: Column) -> &'static str {
    match column {
        Column::Name => text().name,
        Column::Size => text().size,
        Column::Modified => text().modified,
        Column::Permissions => text().permissions,
        Column::Owner => text().owner,
    }
}

/// The heading row. It is no tab stop of its own: arrow up from the first row leads here, left and right go from
/// column to column, arrow down leads back.
#[component]
pub(super) fn Header(props: &HeaderProps) -> Html {
    let app = use_app();
    let on_key = {
        let leave = props.on_leave.clone();
        move |event: KeyboardEvent| {
            let Some(button) = event.target_dyn_into::<HtmlElement>() else { return };
            let cell = button.parent_element();
            let beside = match event.key().as_str() {
                "ArrowRight" => cell.and_then(|cell| cell.next_element_sibling()),
                "ArrowLeft" => cell.and_then(|cell| cell.previous_element_sibling()),
                "ArrowDown" => {
                    event.prevent_default();
                    event.stop_propagation();
                    return leave.emit(());
                }
                // Enter and Space press the button; the rest is not for the rows.
                _ => return event.stop_propagation(),
            };
            event.prevent_default();
            event.stop_propagation();
            let next = beside.and_then(|cell| cell.query_selector("button").ok()?);
            if let Some(next) = next.and_then(|next| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(next).ok())
            {
                let _ = next.focus();
            }
        }
    };
    let heading = |column: Column| {
        let sorted = props.sort.by == column;
        let direction = match (sorted, props.sort.descending) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        let sort = {
            let app = app.clone();
            move |_| app.dispatch(Action::SortBy(column))
        };
        html! {
            <div key={label(column)} role="columnheader" aria-sort={direction}
                class={classes!("cell", (column == Column::Size).then_some("figure"))}>
                <button type="button" tabindex="-1" data-sorted={sorted.then_some("")} onclick={sort}>
                    {label(column)}
                    if sorted {
                        <Icon name={if props.sort.descending { "chevron-down" } else { "chevron-up" }} />
                    }
                </button>
            </div>
        }
    };
    html! {
        <div role="rowgroup" class="head">
            <div role="row" class="row" aria-rowindex="1" onkeydown={on_key}>{ for Column::ALL.map(heading) }</div>
        </div>
    }
}
