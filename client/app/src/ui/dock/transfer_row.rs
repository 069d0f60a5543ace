//! One transfer.

use crate::store::jobs::{Direction, Job, Progress};
use crate::store::{Action, Shared, format, text, visible};
use crate::ui::failure::FailureCard;
use crate::ui::geometry::use_property;
use crate::ui::icon::Icon;
use crate::ui::name::Name;
use crate::ui::use_app;
use yew::prelude::*;

/// The transfer.
#[derive(Properties, PartialEq)]
pub(super) struct TransferRowProps {
    /// The transfer.
    pub(super) job: Shared<Job>,
}

/// Its row.
#[component]
pub(super) fn TransferRow(props: &TransferRowProps) -> Html {
    let app = use_app();
    let job = &props.job;
    let name = visible::text(&job.name);
    let act = |action: fn(crate::protocol::JobId) -> Action| {
        let (app, id) = (app.clone(), job.id);
        Callback::from(move |_: MouseEvent| app.dispatch(action(id)))
    };
    let (icon, direction) = match job.direction {
        Direction::Download => ("download", text().downloading),
        Direction::Upload => ("upload", text().uploading),
    };
    let button = |icon: &'static str, label: String, press: Callback<MouseEvent>| {
        html! {
            <button type="button" class="plain tiny" aria-label={label.clone()} title={label} onclick={press}>
                <Icon name={icon} />
            </button>
        }
    };
    let body = match &job.progress {
        Progress::Waiting | Progress::Running | Progress::Stopping => html! {
            <>
                <Bar job={job.clone()} />
                <span class="figures">{figures(job)}</span>
                if job.progress != Progress::Stopping {
                    { button("x", (text().stop_transfer)(&name), act(Action::StopJob)) }
                }
            </>
        },
        Progress::Done => html! {
            <>
                <span class="figures confirmed"><Icon name="check" />{text().confirmed}</span>
                <span class="figures">{job.total.map(format::size)}</span>
                { button("x", (text().remove_transfer)(&name), act(Action::ForgetJob)) }
            </>
        },
        Progress::Failed(failure, lines) => html! {
            <FailureCard title={(text().transfer_failed)(&name, "").trim_end().to_owned()} failure={failure.clone()}
                lines={lines.clone()}>
                <button type="button" aria-label={(text().retry_transfer)(&name)} onclick={act(Action::RetryJob)}>
                    {text().retry}
                </button>
                <button type="button" class="plain" aria-label={(text().remove_transfer)(&name)}
                    onclick={act(Action::ForgetJob)}>{text().remove}</button>
            </FailureCard>
        },
    };
    let failed = matches!(job.progress, Progress::Failed(..));
    html! {
        <li class={classes!("transfer", failed.then_some("broken"))}>
            if !failed {
                <span class="way" title={direction}><Icon name={icon} /><span class="unseen">{direction}</span></span>
                <span class="name" title={visible::text(&job.path.text)}><Name text={job.name.clone()} /></span>
            }
            { body }
        </li>
    }
}

fn figures(job: &Job) -> String {
    match job.progress {
        Progress::Waiting => return text().waiting.to_owned(),
        Progress::Stopping => return text().stopping.to_owned(),
        _ => {}
    }
    let done = format::size(job.done);
    let mut parts = vec![match job.total {
        Some(total) => (text().of_total)(&done, &format::size(total)),
        None => done,
    }];
    parts.extend(job.speed().map(format::speed));
    parts.extend(job.left().map(|left| (text().time_left)(&format::duration(left))));
    parts.join(" · ")
}

#[derive(Properties, PartialEq)]
struct BarProps {
    job: Shared<Job>,
}

/// How far it is.
#[component]
fn Bar(props: &BarProps) -> Html {
    let job = &props.job;
    let node = use_node_ref();
    let percent = job.percent();
    use_property(&node, "--done", format!("{}%", percent.unwrap_or(0)));
    html! {
        <span ref={node} role="progressbar" class={classes!("progress", percent.is_none().then_some("unknown"))}
            aria-label={(text().progress_of)(&visible::text(&job.name))} aria-valuemin="0" aria-valuemax="100"
            aria-valuenow={percent.map(|percent| percent.to_string())} aria-valuetext={figures(job)}>
            <span />
        </span>
    }
}
