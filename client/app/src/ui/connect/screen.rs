//! The first screen.

use super::form::ConnectForm;
use super::places::Places;
use super::relay_note::RelayNote;
use super::token::TokenForm;
use crate::protocol::Preset;
use crate::store::memory::Memory;
use crate::store::session::{Phase, Session};
use crate::store::site::Site;
use crate::store::state::Relay;
use crate::store::{Action, Shared, text};
use crate::ui::failure::FailureCard;
use crate::ui::use_app;
use yew::prelude::*;

/// What it shows.
#[derive(Properties, PartialEq)]
pub(crate) struct ConnectScreenProps {
    /// A session that is on its way in, or did not get in.
    pub(crate) session: Option<Shared<Session>>,
    /// The way to the relay.
    pub(crate) relay: Shared<Relay>,
    /// The relay's words before it stops.
    pub(crate) leaving: Option<AttrValue>,
    /// The relay's words where it asks for an access token.
    pub(crate) token_wanted: Option<AttrValue>,
    /// Sites of the relay.
    pub(crate) presets: Shared<Vec<Preset>>,
    /// Sites used lately.
    pub(crate) memory: Shared<Memory>,
}

/// What was picked from a card, counted so that picking it twice is two picks.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Picked {
    /// How many picks there were.
    pub(crate) serial: u32,
    /// The site.
    pub(crate) site: Site,
}

/// Preset sites, the connect card, recent sites.
#[component]
pub(crate) fn ConnectScreen(props: &ConnectScreenProps) -> Html {
    let app = use_app();
    let picked = use_state(Picked::default);
    let busy = props.session.as_ref().is_some_and(|session| !matches!(session.phase, Phase::Lost(..)));
    let pick = {
        let (app, picked) = (app.clone(), picked.clone());
        Callback::from(move |site: Site| {
            picked.set(Picked { serial: picked.serial + 1, site: site.clone() });
            // Nobody has to be asked for a password that the relay has, nor for that of an anonymous login.
            if site.stored_password {
                app.dispatch(Action::SignIn(site, String::new()));
            } else if site.is_anonymous() {
                app.dispatch(Action::SignIn(site, ANONYMOUS_PASSWORD.to_owned()));
            }
        })
    };
    let lost = props.session.as_ref().and_then(|session| match &session.phase {
        Phase::Lost(failure, lines) => Some((session.site.title(), failure.clone(), lines.clone())),
        _ => None,
    });
    let refused = lost.as_ref().is_some_and(|(_, failure, _)| failure.credentials);
    let presets: Vec<Site> = props.presets.iter().map(Site::from).collect();
    if let Some(message) = &props.token_wanted {
        let busy = matches!(*props.relay, Relay::Connecting);
        return html! {
            <main class="welcome">
                <div class="column"><TokenForm message={message.clone()} {busy} /></div>
            </main>
        };
    }
    let recent: Vec<Site> = props.memory.recent.iter().map(|site| site.as_offered(&presets)).collect();
    let failed = lost.is_some();
    // A failure stands right above the fields that it is about.
    let sites = html! {
        <Places heading={text().presets} icon="server" sites={presets} disabled={busy} on_pick={pick.clone()} />
    };
    html! {
        <main class="welcome">
            <div class="column">
                <div class="beside">
                    if let Some((title, failure, lines)) = lost {
                        <FailureCard title={(text().cannot_connect)(&title)} {failure} {lines} />
                    } else {
                        {sites.clone()}
                    }
                </div>
                <ConnectForm picked={(*picked).clone()} {busy} {refused} />
                <div class="beside">
                    if failed { {sites} }
                    <Places heading={text().recent} icon="clock" sites={recent} disabled={busy}
                        on_pick={pick} />
                </div>
                <RelayNote relay={props.relay.clone()} leaving={props.leaving.clone()} />
            </div>
        </main>
    }
}

/// What anonymous logins send by custom (RFC 1635 section 3): something like an address.
pub(super) const ANONYMOUS_PASSWORD: &str = "anonymous@";
