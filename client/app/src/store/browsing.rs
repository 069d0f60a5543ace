//! Going from folder to folder.

use super::action::Effect;
use super::browser::Go;
use super::state::State;
use super::text::text;
use crate::protocol::{Command, Failure, RequestId};

impl State {
    pub(super) fn go(&mut self, to: Go) -> Vec<Effect> {
        if !self.is_up() || !self.browser.can_go(&to) {
            return Vec::new();
        }
        let request = self.next_request();
        let Some(departure) = self.browser.edit().go(to, request) else { return Vec::new() };
        let mut effects = match departure.abandoned {
            Some(request) => self.command(Command::Cancel(request)),
            None => Vec::new(),
        };
        effects.extend(self.command(Command::List(request, departure.list)));
        effects
    }

    /// A fresh listing of the folder on the screen.
    pub(super) fn refresh(&mut self) -> Vec<Effect> {
        self.go(Go::Again)
    }

    /// Folders are opened, and links on trial: only the server knows where they lead.
    pub(super) fn enter(&mut self, row: u32) -> Vec<Effect> {
        let path = self.browser.entry(row).and_then(|entry| self.browser.path_of(entry));
        path.map_or_else(Vec::new, |path| self.go(Go::To(path)))
    }

    pub(super) fn toggle_cursor(&mut self) -> Vec<Effect> {
        match self.browser.selection.cursor() {
            Some(row) => self.browse(|browser| browser.grip(row, super::selection::Grip::Toggle)),
            None => Vec::new(),
        }
    }

    /// Says whether the request was a listing.
    pub(super) fn list_failed(&mut self, request: RequestId, failure: &Failure) -> bool {
        if self.browser.loading.as_ref().is_none_or(|loading| loading.request != request) {
            return false;
        }
        let quiet = self.browser.loading.as_ref().is_some_and(|loading| loading.quiet);
        self.browser.edit().list_failed(request, failure);
        if quiet && !failure.cancelled {
            self.complain(text().refresh_failed.to_owned(), failure.clone());
        }
        true
    }
}
