//! The connect card.

use super::screen::{ANONYMOUS_PASSWORD, Picked};
use crate::protocol::Encryption;
use crate::store::address::{self, AddressError, default_port};
use crate::store::site::Site;
use crate::store::{Action, text};
use crate::ui::geometry::{COARSE, use_media};
use crate::ui::icon::Icon;
use crate::ui::use_app;
use web_sys::{HtmlInputElement, HtmlSelectElement, SubmitEvent};
use yew::prelude::*;

/// What comes from outside.
#[derive(Properties, PartialEq)]
pub(crate) struct ConnectFormProps {
    /// A card that was clicked.
    pub(crate) picked: Picked,
    /// A session is on its way.
    pub(crate) busy: bool,
    /// The last one failed for user or password.
    pub(crate) refused: bool,
}

const MODES: [(&str, Encryption); 4] = [
    ("explicit", Encryption::Explicit),
    ("if-offered", Encryption::ExplicitIfOffered),
    ("implicit", Encryption::Implicit),
    ("none", Encryption::None),
];

/// The fields as they stand. The port may be empty: then it is the usual one.
#[derive(Clone, PartialEq, Default)]
struct Fields {
    host: String,
    port: String,
    user: String,
    password: String,
    encryption: Encryption,
    name: String,
    path: Option<String>,
    password_moved: bool,
}

impl Fields {
    fn of(site: &Site) -> Fields {
        let port =
            if site.port == default_port(site.encryption) { String::new() } else { site.port.to_string() };
        Fields {
            host: site.host.clone(),
            port,
            user: site.user.clone(),
            encryption: site.encryption,
            name: site.name.clone(),
            path: site.path.clone(),
            ..Fields::default()
        }
    }

    /// Puts the parts of a typed or pasted address where they belong.
    fn spread(&mut self) -> Result<(), AddressError> {
        let address = address::parse(&self.host)?;
        if let Some(password) = address.password {
            self.password = password;
            self.password_moved = true;
        }
        self.host = address.host;
        self.port = address.port.map_or(std::mem::take(&mut self.port), |port| port.to_string());
        self.user = address.user.unwrap_or(std::mem::take(&mut self.user));
        self.encryption = address.encryption.unwrap_or(self.encryption);
        self.path = address.path.or(self.path.take());
        Ok(())
    }

    fn site(&self) -> Result<Site, AddressError> {
        let port = match self.port.trim() {
            "" => default_port(self.encryption),
            port => port.parse().ok().filter(|port| *port > 0).ok_or(AddressError::Port)?,
        };
        let user = if self.user.trim().is_empty() { "anonymous" } else { self.user.as_str() };
        Ok(Site {
            name: self.name.clone(),
            host: self.host.clone(),
            port,
            user: user.to_owned(),
            encryption: self.encryption,
            path: self.path.clone(),
            // Who types wants what was typed.
            stored_password: false,
        })
    }
}

fn complaint(error: AddressError) -> &'static str {
    match error {
        AddressError::Empty => text().address_empty,
        AddressError::Scheme => text().address_scheme,
        AddressError::Port => text().address_port,
        AddressError::Host => text().address_host,
    }
}

fn value_of(event: &impl AsRef<Event>) -> String {
    event.as_ref().target_dyn_into::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default()
}

/// Host, user, password, port, encryption, and the button.
#[component]
pub(crate) fn ConnectForm(props: &ConnectFormProps) -> Html {
    let app = use_app();
    let fields = use_state(Fields::default);
    let problem = use_state_eq(|| None::<AddressError>);
    let (host, password) = (use_node_ref(), use_node_ref());
    // A finger would get a keyboard over half the page.
    let coarse = use_media(COARSE);
    {
        let host = host.clone();
        use_effect_with((), move |()| {
            if !coarse {
                focus(&host);
            }
        });
    }
    {
        let (fields, password) = (fields.setter(), password.clone());
        use_effect_with(props.picked.clone(), move |picked| {
            if picked.serial > 0 {
                fields.set(Fields::of(&picked.site));
                focus(&password);
            }
        });
    }
    {
        let password = password.clone();
        use_effect_with((props.refused, props.busy), move |(refused, busy)| {
            if *refused && !*busy {
                focus(&password);
            }
        });
    }
    let change = |edit: fn(&mut Fields, String)| {
        let (fields, problem) = (fields.clone(), problem.clone());
        Callback::from(move |event: InputEvent| {
            let mut changed = (*fields).clone();
            edit(&mut changed, value_of(&event));
            fields.set(changed);
            problem.set(None);
        })
    };
    let typed_host = change(|fields, value| {
        // A site picked from a card is another one as soon as its host is.
        (fields.host, fields.name, fields.path, fields.password_moved) = (value, String::new(), None, false);
        // A password must not stand readable in the address, not even while it is typed.
        if address::parse(&fields.host)
            .is_ok_and(|address| address.password.is_some() && fields.host.contains("://"))
        {
            let _ = fields.spread();
        }
    });
    let left_host = {
        let (fields, problem) = (fields.clone(), problem.clone());
        move |_: FocusEvent| {
            let mut changed = (*fields).clone();
            match changed.spread() {
                Ok(()) => fields.set(changed),
                Err(AddressError::Empty) => {}
                Err(error) => problem.set(Some(error)),
            }
        }
    };
    let picked_mode = {
        let fields = fields.clone();
        move |event: Event| {
            let value =
                event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value()).unwrap_or_default();
            let mode =
                MODES.iter().find(|(name, _)| *name == value).map_or(Encryption::Explicit, |(_, mode)| *mode);
            fields.set(Fields { encryption: mode, ..(*fields).clone() });
        }
    };
    let submit = {
        let (app, fields, problem, host) = (app.clone(), fields.clone(), problem.clone(), host.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let mut complete = (*fields).clone();
            match complete.spread().and_then(|()| complete.site()) {
                Ok(site) => {
                    let password = match complete.password.as_str() {
                        "" if site.is_anonymous() => ANONYMOUS_PASSWORD.to_owned(),
                        password => password.to_owned(),
                    };
                    fields.set(complete);
                    app.dispatch(Action::SignIn(site, password));
                }
                Err(error) => {
                    problem.set(Some(error));
                    focus(&host);
                }
            }
        }
    };
    let stop = move |_| app.dispatch(Action::Disconnect);
    let note = (text().encryption_notes)(fields.encryption);
    let invalid = |wrong: bool| wrong.then_some("true");
    html! {
        <form class="card connect" onsubmit={submit} autocomplete="off">
            <h1>{text().connect_heading}</h1>
            <label class="field wide">
                <span>{text().host}</span>
                <input ref={host} type="text" inputmode="url" autocapitalize="none" spellcheck="false"
                    placeholder={text().host_hint} value={fields.host.clone()} disabled={props.busy}
                    aria-invalid={invalid(problem.is_some_and(|problem| problem != AddressError::Port))}
                    aria-describedby="connect-problem" oninput={typed_host} onblur={left_host} />
            </label>
            <label class="field">
                <span>{text().user}</span>
                <input type="text" autocapitalize="none" spellcheck="false" placeholder="anonymous"
                    value={fields.user.clone()} disabled={props.busy}
                    oninput={change(|fields, value| fields.user = value)} />
            </label>
            <label class="field">
                <span>{text().password}</span>
                <input ref={password} type="password" autocomplete="off" value={fields.password.clone()}
                    disabled={props.busy} aria-invalid={invalid(props.refused)}
                    oninput={change(|fields, value| fields.password = value)} />
            </label>
            <label class="field">
                <span>{text().encryption}</span>
                <select disabled={props.busy} onchange={picked_mode} aria-describedby="encryption-note">
                    { for MODES.map(|(name, mode)| html! {
                        <option key={name} value={name} selected={mode == fields.encryption}>
                            {(text().encryption_modes)(mode)}
                        </option>
                    }) }
                </select>
            </label>
            <label class="field">
                <span>{text().port}</span>
                <input type="text" inputmode="numeric" maxlength="5"
                    placeholder={default_port(fields.encryption).to_string()}
                    value={fields.port.clone()} disabled={props.busy}
                    aria-invalid={invalid(*problem == Some(AddressError::Port))} aria-describedby="connect-problem"
                    oninput={change(|fields, value| fields.port = value)} />
            </label>
            <p id="encryption-note"
                class={classes!("note", "wide", (fields.encryption == Encryption::None).then_some("warn"))}>
                if !note.is_empty() { <Icon name="alert" />{note} }
            </p>
            if fields.password_moved { <p class="note wide" role="status">{text().password_moved}</p> }
            <p id="connect-problem" class="note wide wrong" role="alert">{problem.map(complaint)}</p>
            <div class="ways wide">
                if props.busy {
                    <button type="button" onclick={stop}>{text().cancel}</button>
                    <button type="submit" class="primary" disabled=true><span class="spinner" />{text().connecting}</button>
                } else {
                    <p class="privacy">{text().privacy}</p>
                    <button type="submit" class="primary">{text().connect}</button>
                }
            </div>
        </form>
    }
}

fn focus(node: &NodeRef) {
    if let Some(input) = node.cast::<HtmlInputElement>() {
        // An element that cannot take the focus just does not get it.
        let _ = input.focus();
    }
}
