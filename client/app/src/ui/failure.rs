//! A failure as a card: what failed, at which stage, the server's own words, what to try, and the last log lines.

use super::icon::Icon;
use crate::protocol::{Failure, LogLine};
use crate::store::{log, text, visible};
use yew::prelude::*;

/// What failed.
#[derive(Properties, PartialEq)]
pub(crate) struct FailureCardProps {
    /// What failed, a sentence.
    pub(crate) title: AttrValue,
    /// Why.
    pub(crate) failure: Failure,
    /// The last log lines then.
    #[prop_or_default]
    pub(crate) lines: Vec<LogLine>,
    /// Buttons.
    #[prop_or_default]
    pub(crate) children: Html,
    /// Takes the card away.
    #[prop_or_default]
    pub(crate) on_dismiss: Option<Callback<()>>,
}

/// The card.
#[component]
pub(crate) fn FailureCard(props: &FailureCardProps) -> Html {
    let failure = &props.failure;
    html! {
        <section class="failure" role="group" aria-label={props.title.clone()}>
            <Icon name="alert" />
            <div class="told">
                <h2>{props.title.clone()}</h2>
                <p><span class="stage">{(text().stage)(failure.stage)}</span>{visible::text(&failure.message)}</p>
                if let Some(reply) = &failure.reply {
                    <p class="reply"><span>{text().server_said}</span><q>{visible::text(reply)}</q></p>
                }
                if !failure.advice.is_empty() {
                    <p class="advice">{failure.advice.clone()}</p>
                }
                if !props.lines.is_empty() {
                    <details>
                        <summary>{text().log_lines}</summary>
                        <div class="lines">{ for props.lines.iter().map(log_line) }</div>
                    </details>
                }
                <div class="ways">{props.children.clone()}</div>
            </div>
            if let Some(dismiss) = &props.on_dismiss {
                <button class="plain tiny" type="button" title={text().dismiss} aria-label={text().dismiss}
                    onclick={dismiss.reform(|_| ())}>
                    <Icon name="x" />
                </button>
            }
        </section>
    }
}

/// A log line in the FileZilla shape.
pub(crate) fn log_line(line: &LogLine) -> Html {
    let kind = log::label(line.kind);
    html! {
        <div class={classes!("line", format!("is-{}", kind.to_lowercase()))}>
            <span class="kind">{kind}{":"}</span>{" "}<span class="words">{visible::text(&line.text)}</span>
        </div>
    }
}
