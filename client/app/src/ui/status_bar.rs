//! The connection and the selection in one line.

use super::icon::Icon;
use crate::store::browser::Browser;
use crate::store::format;
use crate::store::session::{Phase, Session};
use crate::store::state::Relay;
use crate::store::{Shared, text, visible};
use yew::prelude::*;

/// What it shows.
#[derive(Properties, PartialEq)]
pub(crate) struct StatusBarProps {
    /// The session.
    pub(crate) session: Shared<Session>,
    /// The directory.
    pub(crate) browser: Shared<Browser>,
    /// The way to the relay.
    pub(crate) relay: Shared<Relay>,
    /// The relay's words before it stops.
    pub(crate) leaving: Option<AttrValue>,
}

/// The bar at the bottom.
#[component]
pub(crate) fn StatusBar(props: &StatusBarProps) -> Html {
    let browser = &props.browser;
    let (shown, all) = (browser.order.len() as u64, browser.entries.len() as u64);
    let selected = browser.selection.count() as u64;
    let figures = if selected > 0 {
        let bytes = browser.selected_bytes();
        (text().selected)(selected, all, (bytes > 0).then(|| format::size(bytes)).as_deref())
    } else if shown < all {
        (text().items_shown)(shown, all)
    } else {
        (text().items)(all)
    };
    html! {
        <footer class="status">
            <div role="status" aria-label={text().connection} class="connection">{connection(props)}</div>
            <div class="figures">{figures}</div>
        </footer>
    }
}

fn connection(props: &StatusBarProps) -> Html {
    let session = &*props.session;
    if let (Relay::Interrupted(_), false) = (&*props.relay, matches!(session.phase, Phase::Lost(..))) {
        return html! { <span class="part warn"><Icon name="unplug" />{text().relay_interrupted}</span> };
    }
    let up = match &session.phase {
        Phase::Lost(..) => {
            return html! { <span class="part lost"><Icon name="unplug" />{text().not_connected}</span> };
        }
        Phase::Connecting | Phase::Asked(_) => {
            return html! { <span class="part">{(text().connecting_to)(&session.site.title())}</span> };
        }
        Phase::Up => session.server.as_ref(),
    };
    let Some(server) = up else { return Html::default() };
    let tls = match &server.tls {
        Some(tls) if tls.is_outdated() => html! {
            <span class="part warn" title={text().outdated_tls}>
                <Icon name="alert" />{spaced(&tls.version)}
            </span>
        },
        Some(tls) => html! {
            <span class="part" title={format!("{} · {} · {}", tls.version, tls.key_exchange, tls.cipher)}>
                <Icon name="lock" />{spaced(&tls.version)}
            </span>
        },
        None => html! { <span class="part warn"><Icon name="lock-open" />{text().plain_text}</span> },
    };
    html! {
        <>
            { tls }
            if !server.software.is_empty() {
                <span class="part software" title={server.peer.clone()}>{visible::text(&server.software)}</span>
            }
            if let Some(words) = &props.leaving {
                <span class="part warn">{visible::text(words)}</span>
            }
            if let Some(latency) = server.latency_ms {
                <span class="part">{(text().latency)(latency)}</span>
            }
        </>
    }
}

/// `TLS 1.3` of `TLS1.3`.
fn spaced(version: &str) -> String {
    match version.strip_prefix("TLS") {
        Some(number) if number.starts_with(|c: char| c.is_ascii_digit()) => format!("TLS {number}"),
        _ => version.to_owned(),
    }
}
