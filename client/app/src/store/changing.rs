//! New folders, new names, deletion.

use super::action::Effect;
use super::browser::Renaming;
use super::dialog::{Complaint, Deletion, DeletionStage, Dialog, check_name};
use super::shared::Shared;
use super::state::{Asked, State};
use super::text::text;
use super::visible;
use crate::protocol::{Bytes, Command, Failure, Item, Outcome, RequestId, Tree};

impl State {
    pub(super) fn ask_new_folder(&mut self) -> Vec<Effect> {
        if self.is_up() && self.browser.path.is_some() {
            self.dialog = Some(Shared::new(Dialog::NewFolder { sent: None, problem: None }));
        }
        Vec::new()
    }

    pub(super) fn new_folder(&mut self, name: String) -> Vec<Effect> {
        let Some(path) = self.browser.path.clone().filter(|_| self.is_up()) else { return Vec::new() };
        let taken = if self.browser.named(&name).is_some() { Err(Complaint::Taken) } else { Ok(()) };
        if let Err(complaint) = check_name(&name).and(taken) {
            self.dialog = Some(Shared::new(Dialog::NewFolder { sent: None, problem: Some(complaint) }));
            return Vec::new();
        }
        let request = self.next_request();
        let path = path.join(&Bytes::text(name.clone()));
        self.asked.insert(request, Asked::MakeDirectory(name));
        self.dialog = Some(Shared::new(Dialog::NewFolder { sent: Some(request), problem: None }));
        self.command(Command::MakeDirectory(request, path))
    }

    pub(super) fn start_rename(&mut self) -> Vec<Effect> {
        if !self.is_up() {
            return Vec::new();
        }
        self.browse(|browser| {
            if let Some(row) = browser.selection.cursor().filter(|row| browser.order.contains(row)) {
                browser.renaming = Some(Renaming { row, sent: None });
                browser.reveal += 1;
            }
        })
    }

    pub(super) fn rename(&mut self, name: String) -> Vec<Effect> {
        let Some(renaming) = self.browser.renaming.clone().filter(|renaming| renaming.sent.is_none()) else {
            return Vec::new();
        };
        let Some(entry) = self.browser.entry(renaming.row).cloned() else { return Vec::new() };
        if entry.row.name.text == name {
            return self.browse(|browser| browser.renaming = None);
        }
        // Many servers rename over an existing file without a word, so a taken name stops here.
        let taken = if self.browser.named(&name).is_some() { Err(Complaint::Taken) } else { Ok(()) };
        if let Err(complaint) = check_name(&name).and(taken) {
            self.announce((text().complaint)(&complaint));
            self.browse(|browser| browser.renaming = None);
            let failure = Failure {
                stage: crate::protocol::Stage::File,
                cancelled: false,
                credentials: false,
                message: (text().complaint)(&complaint),
                reply: None,
                advice: String::new(),
            };
            self.complain((text().rename_failed)(&visible::text(&entry.row.name.text)), failure);
            return Vec::new();
        }
        let (Some(from), Some(folder)) = (self.browser.path_of(&entry), self.browser.path.clone()) else {
            return Vec::new();
        };
        let request = self.next_request();
        let to = folder.join(&Bytes::text(name.clone()));
        self.asked.insert(request, Asked::Rename { from: from.clone(), to: name.clone() });
        self.browse(|browser| browser.renaming = Some(Renaming { sent: Some((request, name)), ..renaming }));
        self.command(Command::Rename { request, from, to })
    }

    pub(super) fn ask_delete(&mut self) -> Vec<Effect> {
        let selected = self.browser.selected();
        if !self.is_up() || selected.is_empty() {
            return Vec::new();
        }
        let items: Vec<Item> = selected
            .iter()
            .filter_map(|entry| {
                Some(Item { path: self.browser.path_of(entry)?, directory: entry.is_directory() })
            })
            .collect();
        let names = selected.iter().map(|entry| entry.row.name.text.clone()).collect();
        let files = selected.iter().filter(|entry| !entry.is_directory());
        let tree = files.fold(Tree::default(), |tree, entry| Tree {
            files: tree.files + 1,
            bytes: tree.bytes.saturating_add(entry.row.size.unwrap_or(0)),
            ..tree
        });
        // What is in a folder has to be looked up; files are known already.
        let (stage, effects) = if items.iter().any(|item| item.directory) {
            let request = self.next_request();
            self.asked.insert(request, Asked::Count);
            (DeletionStage::Counting(request), self.command(Command::Count(request, items.clone())))
        } else {
            (DeletionStage::Ready, Vec::new())
        };
        self.dialog = Some(Shared::new(Dialog::Delete(Deletion { items, names, tree, stage })));
        effects
    }

    pub(super) fn delete(&mut self) -> Vec<Effect> {
        let request = self.next_request();
        let Some(deletion) = self.deletion() else { return Vec::new() };
        if deletion.stage != DeletionStage::Ready {
            return Vec::new();
        }
        deletion.stage = DeletionStage::Deleting(request, Tree::default());
        let items = deletion.items.clone();
        self.asked.insert(request, Asked::Delete);
        self.command(Command::Delete(request, items))
    }

    pub(super) fn close_dialog(&mut self) -> Vec<Effect> {
        let Some(dialog) = self.dialog.clone() else { return Vec::new() };
        match &*dialog {
            Dialog::Exists(_) => self.resolve(super::dialog::Choice::Cancel, true),
            Dialog::NewFolder { sent: Some(request), .. } => {
                self.dialog = None;
                self.command(Command::Cancel(*request))
            }
            Dialog::Delete(Deletion { stage: DeletionStage::Counting(request), .. }) => {
                self.asked.remove(request);
                self.dialog = None;
                self.command(Command::Cancel(*request))
            }
            // The dialog stays until the worker says how far it came.
            Dialog::Delete(Deletion { stage: DeletionStage::Deleting(request, _), .. }) => {
                self.command(Command::Cancel(*request))
            }
            _ => {
                self.dialog = None;
                Vec::new()
            }
        }
    }

    pub(super) fn walked(&mut self, request: RequestId, tree: Tree) -> Vec<Effect> {
        if let Some(deletion) = self.deletion() {
            match &mut deletion.stage {
                DeletionStage::Counting(ours) if *ours == request => deletion.tree = tree,
                DeletionStage::Deleting(ours, gone) if *ours == request => *gone = tree,
                _ => {}
            }
        }
        Vec::new()
    }

    pub(super) fn request_done(&mut self, request: RequestId, outcome: Outcome) -> Vec<Effect> {
        if let Outcome::Listing { path, unread, .. } = outcome {
            return self.browse(|browser| browser.listed(request, path, unread));
        }
        let tree = match outcome {
            Outcome::Tree(tree) => Some(tree),
            _ => None,
        };
        match self.asked.remove(&request) {
            None => Vec::new(),
            Some(Asked::MakeDirectory(name)) => {
                if matches!(self.dialog.as_deref(), Some(Dialog::NewFolder { .. })) {
                    self.dialog = None;
                }
                self.announce((text().folder_made)(&visible::text(&name)));
                self.browser.edit().want(Bytes::text(name));
                self.refresh()
            }
            Some(Asked::Rename { from, to }) => {
                self.announce((text().renamed)(&visible::text(&to)));
                self.browse(|browser| {
                    browser.forget_below(&from);
                    browser.want(Bytes::text(to));
                });
                self.refresh()
            }
            Some(Asked::Count) => {
                if let (Some(deletion), Some(tree)) = (self.deletion(), tree) {
                    deletion.tree = tree;
                    deletion.stage = DeletionStage::Ready;
                }
                Vec::new()
            }
            Some(Asked::Delete) => {
                self.announce((text().deleted)(tree.unwrap_or_default()));
                self.after_deletion();
                self.dialog = None;
                self.refresh()
            }
        }
    }

    pub(super) fn request_failed(&mut self, request: RequestId, failure: Failure) -> Vec<Effect> {
        if self.list_failed(request, &failure) {
            return Vec::new();
        }
        match self.asked.remove(&request) {
            None => Vec::new(),
            Some(Asked::MakeDirectory(_)) => {
                if let Some(Dialog::NewFolder { sent, problem }) = self.dialog.as_mut().map(Shared::edit) {
                    *sent = None;
                    *problem = Some(Complaint::Failed(failure));
                }
                Vec::new()
            }
            Some(Asked::Rename { from, .. }) => {
                self.browser.edit().renaming = None;
                if !failure.cancelled {
                    let name = from.text.rsplit('/').next().unwrap_or_default().to_owned();
                    self.complain((text().rename_failed)(&visible::text(&name)), failure);
                }
                Vec::new()
            }
            Some(Asked::Count) => {
                match self.deletion() {
                    Some(deletion) if !failure.cancelled => deletion.stage = DeletionStage::Failed(failure),
                    _ => self.dialog = None,
                }
                Vec::new()
            }
            Some(Asked::Delete) => {
                // Part of it may be gone: what is shown must say so.
                self.after_deletion();
                match self.deletion() {
                    Some(deletion) if !failure.cancelled => deletion.stage = DeletionStage::Failed(failure),
                    _ => {
                        self.announce(text().deletion_stopped.to_owned());
                        self.dialog = None;
                    }
                }
                self.refresh()
            }
        }
    }

    fn after_deletion(&mut self) {
        let paths: Vec<Bytes> = match self.deletion() {
            Some(deletion) => deletion.items.iter().map(|item| item.path.clone()).collect(),
            None => Vec::new(),
        };
        self.browse(|browser| paths.iter().for_each(|path| browser.forget_below(path)));
    }

    fn deletion(&mut self) -> Option<&mut Deletion> {
        // Looked at first: editing would clone a dialog that is none of ours.
        if !matches!(self.dialog.as_deref(), Some(Dialog::Delete(_))) {
            return None;
        }
        match self.dialog.as_mut().map(Shared::edit) {
            Some(Dialog::Delete(deletion)) => Some(deletion),
            _ => None,
        }
    }
}
