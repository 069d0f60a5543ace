//! The session log. It follows its end unless the person has scrolled up.

use crate::store::log::{Chunk, Log};
use crate::store::{Shared, text};
use crate::ui::failure::log_line;
use crate::ui::icon::Icon;
use crate::ui::{download, use_app};
use std::cell::Cell;
use web_sys::HtmlElement;
use yew::prelude::*;

/// The log.
#[derive(Properties, PartialEq)]
pub(super) struct LogViewProps {
    /// Its lines.
    pub(super) log: Shared<Log>,
}

/// Name under which it is saved.
const FILE: &str = "towpath.log";

/// The log and its buttons.
#[component]
pub(super) fn LogView(props: &LogViewProps) -> Html {
    let app = use_app();
    let scroller = use_node_ref();
    let following = use_state_eq(|| true);
    {
        let (scroller, following) = (scroller.clone(), *following);
        use_effect_with((props.log.written(), following), move |_| {
            if following {
                to_end(&scroller);
            }
        });
    }
    let top = use_memo((), |()| Cell::new(0));
    let scrolled = {
        let (scroller, following) = (scroller.clone(), following.setter());
        move |_| {
            let Some(element) = scroller.cast::<HtmlElement>() else { return };
            let below = element.scroll_height() - element.scroll_top() - element.client_height();
            // Lines that are added below are no scrolling up.
            let up = element.scroll_top() < top.replace(element.scroll_top());
            if below < 24 {
                following.set(true);
            } else if up {
                following.set(false);
            }
        }
    };
    let copy = {
        let log = props.log.clone();
        move |_| download::copy(&app, &log.text())
    };
    let save = {
        let log = props.log.clone();
        move |_| download::save_text(&log.text(), FILE)
    };
    let empty = props.log.written() == 0;
    html! {
        <div class="log">
            <div ref={scroller} class="lines" role="log" aria-live="off" aria-label={text().session_log} tabindex="0"
                onscroll={scrolled}>
                { for props.log.chunks().map(|chunk| html! { <LogChunk key={chunk.first} chunk={chunk.clone()} /> }) }
            </div>
            if empty { <p class="nothing">{text().no_log}</p> }
            <div class="ways">
                <button type="button" class="plain square" aria-label={text().copy} title={text().copy} disabled={empty}
                    onclick={copy}><Icon name="copy" /></button>
                <button type="button" class="plain square" aria-label={text().save_log} title={text().save_log}
                    disabled={empty} onclick={save}><Icon name="download" /></button>
                if !*following {
                    <button type="button" class="plain square" aria-label={text().to_end} title={text().to_end}
                        onclick={move |_| following.set(true)}><Icon name="arrow-down" /></button>
                }
            </div>
        </div>
    }
}

fn to_end(scroller: &NodeRef) {
    if let Some(element) = scroller.cast::<HtmlElement>() {
        element.set_scroll_top(element.scroll_height());
    }
}

#[derive(Properties, PartialEq)]
struct LogChunkProps {
    chunk: Shared<Chunk>,
}

/// Some lines, drawn again only when one is added to them.
#[component]
fn LogChunk(props: &LogChunkProps) -> Html {
    let first = props.chunk.first;
    let lines = props.chunk.lines.iter().zip(first..);
    html! {
        <div class="chunk">{ for lines.map(|(line, number)| html! { <div key={number}>{ log_line(line) }</div> }) }</div>
    }
}
