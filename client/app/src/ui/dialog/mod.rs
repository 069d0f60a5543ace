//! Questions in the middle of the page.

mod certificate;
mod conflict;
mod deletion;
mod modal;
mod new_folder;
mod plaintext;

use crate::protocol::Question;
use crate::store::Shared;
use crate::store::dialog::Dialog;
use crate::store::session::{Phase, Session};
use certificate::CertificateDialog;
use conflict::ConflictDialog;
use deletion::DeletionDialog;
use new_folder::NewFolderDialog;
use plaintext::PlaintextDialog;
use yew::prelude::*;

/// What may be asked.
#[derive(Properties, PartialEq)]
pub(crate) struct DialogsProps {
    /// The session, which may have a question.
    pub(crate) session: Option<Shared<Session>>,
    /// An open dialog.
    pub(crate) dialog: Option<Shared<Dialog>>,
}

/// The one dialog that is open, if any.
#[component]
pub(crate) fn Dialogs(props: &DialogsProps) -> Html {
    if let Some(session) = &props.session
        && let Phase::Asked(question) = &session.phase
    {
        let host = session.site.host.clone();
        return match question {
            Question::Certificate { tls, changed } => html! {
                <CertificateDialog key={session.id.0} {host} tls={tls.clone()} changed={*changed} />
            },
            Question::Plaintext => html! { <PlaintextDialog key={session.id.0} {host} /> },
        };
    }
    match props.dialog.as_deref() {
        None => Html::default(),
        Some(Dialog::NewFolder { sent, problem }) => {
            html! { <NewFolderDialog busy={sent.is_some()} problem={problem.clone()} /> }
        }
        Some(Dialog::Delete(deletion)) => html! { <DeletionDialog deletion={deletion.clone()} /> },
        Some(Dialog::Exists(conflict)) => html! { <ConflictDialog conflict={conflict.clone()} /> },
    }
}
