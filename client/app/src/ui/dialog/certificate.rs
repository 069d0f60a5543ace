//! A certificate that nobody vouches for, or a key that has changed.

use super::modal::Modal;
use crate::protocol::TlsSession;
use crate::store::action::Answer;
use crate::store::{Action, format, text, visible};
use crate::ui::icon::Icon;
use crate::ui::use_app;
use yew::prelude::*;

/// What the server showed.
#[derive(Properties, PartialEq)]
pub(super) struct CertificateDialogProps {
    /// Its host.
    pub(super) host: String,
    /// The handshake.
    pub(super) tls: TlsSession,
    /// It used to show another key.
    pub(super) changed: bool,
}

/// The dialog.
#[component]
pub(super) fn CertificateDialog(props: &CertificateDialogProps) -> Html {
    let app = use_app();
    let answer = Callback::from(move |answer: Answer| app.dispatch(Action::Answer(answer)));
    let host = visible::text(&props.host);
    let leaf = props.tls.chain.first().cloned().unwrap_or_default();
    let (heading, intro, always) = if props.changed {
        (text().changed_certificate, (text().changed_intro)(&host), text().trust_changed)
    } else {
        (text().unknown_certificate, (text().certificate_intro)(&host), text().trust_always)
    };
    let issuer = if leaf.issuer == leaf.subject {
        text().issuer_itself.to_owned()
    } else {
        visible::text(&leaf.issuer)
    };
    let fact = |label: &'static str, value: String| {
        if value.is_empty() {
            return Html::default();
        }
        html! { <><dt>{label}</dt><dd>{value}</dd></> }
    };
    let names: Vec<String> = leaf.names.iter().map(|name| visible::text(name)).collect();
    // In two lines of equal length, as people compare them.
    let print = format::pairs(&leaf.sha256);
    let half = print.len().div_ceil(2).next_multiple_of(3).min(print.len());
    let lines: Vec<String> =
        [print.get(..half), print.get(half..)].into_iter().flatten().map(str::to_owned).collect();
    let tls = [&props.tls.version, &props.tls.key_exchange, &props.tls.cipher];
    let tls: Vec<String> =
        tls.into_iter().filter(|part| !part.is_empty()).map(|part| visible::text(part)).collect();
    html! {
        <Modal {heading} class={classes!("certificate", props.changed.then_some("stop"))}
            on_cancel={answer.reform(|()| Answer::No)}>
            <p class="intro">{intro}</p>
            if let Some(problem) = &props.tls.problem {
                <p class="problem"><Icon name="alert" />{visible::text(&(text().problem)(problem, &host))}</p>
            }
            <dl>
                <dt>{text().fingerprint}</dt>
                <dd class="fingerprint">{ for lines.iter().map(|line| html! { <span>{line.clone()}</span> }) }</dd>
                { fact(text().holder, visible::text(&leaf.subject)) }
                { fact(text().issuer, issuer) }
                { fact(text().names, names.join(", ")) }
                { fact(text().valid, (text().validity)(&format::date(leaf.not_before), &format::date(leaf.not_after))) }
                { fact(text().key, visible::text(&leaf.key)) }
                { fact(text().serial, format::pairs(&leaf.serial)) }
                { fact(text().tls, tls.join(" · ")) }
            </dl>
            <p class="note">{text().certificate_compare}</p>
            <div class="ways">
                <button type="button" data-safe="" class={classes!(props.changed.then_some("primary"))}
                    onclick={answer.reform(|_| Answer::No)}>{text().cancel}</button>
                <span class="spring" />
                <button type="button" class={classes!(props.changed.then_some("danger"))}
                    onclick={answer.reform(|_| Answer::Always)}>{always}</button>
                <button type="button" class={if props.changed { "danger" } else { "primary" }}
                    onclick={answer.reform(|_| Answer::Once)}>{text().trust_once}</button>
            </div>
        </Modal>
    }
}
