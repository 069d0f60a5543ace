//! Sites that one click opens: those of the relay, and those used lately.

use crate::store::site::Site;
use crate::store::{text, visible};
use crate::ui::icon::Icon;
use yew::prelude::*;

/// The sites.
#[derive(Properties, PartialEq)]
pub(crate) struct PlacesProps {
    /// What they are.
    pub(crate) heading: AttrValue,
    /// Their icon.
    pub(crate) icon: &'static str,
    /// The sites.
    pub(crate) sites: Vec<Site>,
    /// No clicks now.
    pub(crate) disabled: bool,
    /// One was clicked.
    pub(crate) on_pick: Callback<Site>,
}

/// A row of cards; nothing where there are no sites.
#[component]
pub(crate) fn Places(props: &PlacesProps) -> Html {
    if props.sites.is_empty() {
        return Html::default();
    }
    let card = |(index, site): (usize, &Site)| {
        let place = match (site.name.is_empty(), site.user.is_empty()) {
            (true, _) => site.user.clone(),
            (false, true) => site.authority_short(),
            (false, false) => format!("{}@{}", site.user, site.authority_short()),
        };
        let pick = {
            let (pick, site) = (props.on_pick.clone(), site.clone());
            move |_| pick.emit(site.clone())
        };
        html! {
            <li key={index}>
                <button class="place" type="button" disabled={props.disabled} onclick={pick}
                    title={site.path.as_deref().map(|path| (text().start_folder)(path))}>
                    <Icon name={props.icon} />
                    <span class="what">
                        <span class="title">{visible::text(&site.title())}</span>
                        <span class="where">{visible::text(&place)}</span>
                    </span>
                    <Icon name="chevron-right" />
                </button>
            </li>
        }
    };
    html! {
        <section class="places">
            <h2>{props.heading.clone()}</h2>
            <ul>{ for props.sites.iter().enumerate().map(card) }</ul>
        </section>
    }
}
