//! The dock: its tabs, and the one that is open.

use super::log_view::LogView;
use super::resizer::Resizer;
use super::transfers::Transfers;
use crate::store::action::Tab;
use crate::store::jobs::Jobs;
use crate::store::log::Log;
use crate::store::{Action, Shared, format, text};
use crate::ui::geometry::{NARROW, use_media, use_property};
use crate::ui::icon::Icon;
use crate::ui::use_app;
use web_sys::HtmlElement;
use yew::prelude::*;

/// What it shows.
#[derive(Properties, PartialEq)]
pub(crate) struct DockProps {
    /// Transfers.
    pub(crate) jobs: Shared<Jobs>,
    /// The log.
    pub(crate) log: Shared<Log>,
    /// The tab.
    pub(crate) tab: Tab,
    /// Whether it is open on wide screens.
    pub(crate) open: bool,
    /// Its height there.
    pub(crate) height: u32,
}

fn label(tab: Tab) -> &'static str {
    match tab {
        Tab::Transfers => text().transfers,
        Tab::Failed => text().failed,
        Tab::Done => text().done,
        Tab::Log => text().log,
    }
}

fn id(tab: Tab) -> &'static str {
    match tab {
        Tab::Transfers => "tab-transfers",
        Tab::Failed => "tab-failed",
        Tab::Done => "tab-done",
        Tab::Log => "tab-log",
    }
}

/// The dock.
#[component]
pub(crate) fn Dock(props: &DockProps) -> Html {
    let app = use_app();
    let (dock, tabs) = (use_node_ref(), use_node_ref());
    let narrow = use_media(NARROW);
    // On a narrow screen it is a sheet that begins closed.
    let sheet = use_state_eq(|| false);
    let open = if narrow { *sheet } else { props.open };
    use_property(&dock, "--dock", format!("{}px", props.height));

    let set_open = {
        let (app, sheet) = (app.clone(), sheet.setter());
        Callback::from(
            move |open: bool| if narrow { sheet.set(open) } else { app.dispatch(Action::OpenDock(open)) },
        )
    };
    let show = {
        let (app, set_open) = (app.clone(), set_open.clone());
        Callback::from(move |tab: Tab| {
            app.dispatch(Action::ShowTab(tab));
            set_open.emit(true);
        })
    };
    let on_key = {
        let (show, tabs, now) = (show.clone(), tabs.clone(), props.tab);
        move |event: KeyboardEvent| {
            let at = Tab::ALL.iter().position(|tab| *tab == now).unwrap_or(0);
            let last = Tab::ALL.len() - 1;
            let to = match event.key().as_str() {
                "ArrowRight" => {
                    if at == last {
                        0
                    } else {
                        at + 1
                    }
                }
                "ArrowLeft" => {
                    if at == 0 {
                        last
                    } else {
                        at - 1
                    }
                }
                "Home" => 0,
                "End" => last,
                _ => return,
            };
            event.prevent_default();
            if let Some(tab) = Tab::ALL.get(to) {
                show.emit(*tab);
                let button = tabs
                    .cast::<HtmlElement>()
                    .and_then(|tabs| tabs.query_selector(&format!("#{}", id(*tab))).ok()?);
                if let Some(button) =
                    button.and_then(|button| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(button).ok())
                {
                    let _ = button.focus();
                }
            }
        }
    };
    let jobs = &props.jobs;
    let count = |tab: Tab| match tab {
        Tab::Transfers => Some(jobs.active().count()),
        Tab::Failed => Some(jobs.failed().count()),
        Tab::Done => Some(jobs.done().count()),
        Tab::Log => None,
    };
    let speed: f64 = jobs.active().filter_map(|job| job.speed()).sum();
    let tab = |tab: Tab| {
        let press = {
            let show = show.clone();
            move |_| show.emit(tab)
        };
        let now = tab == props.tab;
        let rate = (tab == Tab::Transfers && speed > 0.0).then(|| format::speed(speed));
        html! {
            <button key={id(tab)} id={id(tab)} type="button" role="tab" aria-selected={now.to_string()}
                aria-controls={(now && open).then_some("dock-panel")}
                aria-description={count(tab).map(|count| format::count(count as u64))}
                tabindex={if now { "0" } else { "-1" }} class={classes!((tab == Tab::Failed).then_some("failures"))}
                onclick={press}>
                {label(tab)}
                if let Some(count) = count(tab).filter(|count| *count > 0) {
                    <span class="badge" aria-hidden="true">{format::count(count as u64)}</span>
                }
                if let Some(rate) = rate { <span class="rate" aria-hidden="true">{rate}</span> }
            </button>
        }
    };
    let fold = {
        let (set_open, label) = (set_open.clone(), if open { text().close_dock } else { text().open_dock });
        html! {
            <button type="button" class="plain square" aria-label={label} title={label}
                aria-expanded={open.to_string()} onclick={move |_| set_open.emit(!open)}>
                <Icon name={if open { "chevron-down" } else { "chevron-up" }} />
            </button>
        }
    };
    html! {
        <section ref={dock.clone()} class={classes!("dock", open.then_some("open"))} aria-label={text().activity}>
            if open && !narrow { <Resizer {dock} height={props.height} /> }
            <div class="tabs">
                <div ref={tabs} role="tablist" aria-label={text().activity} onkeydown={on_key}>{ for Tab::ALL.map(tab) }</div>
                <span class="spring" />
                { fold }
            </div>
            if open {
                <div id="dock-panel" class="panel" role="tabpanel" aria-labelledby={id(props.tab)}>
                    if props.tab == Tab::Log {
                        <LogView log={props.log.clone()} />
                    } else {
                        <Transfers jobs={props.jobs.clone()} tab={props.tab} />
                    }
                </div>
            }
        </section>
    }
}
