//! Files dropped on the pane.

use crate::ui::{App, upload};
use std::cell::Cell;
use std::rc::Rc;
use web_sys::DragEvent;
use yew::prelude::*;

/// Dragging files over the pane. Entering a child leaves its parent a moment later, so entries are counted.
pub(super) struct DropZone {
    ready: bool,
    folders: UseStateHandle<bool>,
    app: App,
    depth: Rc<Cell<i32>>,
    over: UseStateHandle<bool>,
}

impl DropZone {
    /// Over a pane that can take files when `ready`; `folders` tells that there were some among them.
    pub(super) fn new(
        ready: bool,
        folders: UseStateHandle<bool>,
        app: App,
        depth: Rc<Cell<i32>>,
        over: UseStateHandle<bool>,
    ) -> DropZone {
        DropZone { ready, folders, app, depth, over }
    }

    /// Whether files are over it.
    pub(super) fn over(&self) -> bool {
        *self.over && self.ready
    }

    /// `dragenter`.
    pub(super) fn enter(&self) -> Callback<DragEvent> {
        let (depth, over) = (self.depth.clone(), self.over.setter());
        Callback::from(move |event: DragEvent| {
            if upload::holds_files(&event) {
                event.prevent_default();
                depth.set(depth.get() + 1);
                over.set(true);
            }
        })
    }

    /// `dragover`.
    pub(super) fn hover(&self) -> Callback<DragEvent> {
        let ready = self.ready;
        Callback::from(move |event: DragEvent| {
            if upload::holds_files(&event) {
                // Without this the browser would open the file in place of the page.
                event.prevent_default();
                if let Some(transfer) = event.data_transfer() {
                    transfer.set_drop_effect(if ready { "copy" } else { "none" });
                }
            }
        })
    }

    /// `dragleave`.
    pub(super) fn leave(&self) -> Callback<DragEvent> {
        let (depth, over) = (self.depth.clone(), self.over.setter());
        Callback::from(move |_| {
            depth.set((depth.get() - 1).max(0));
            over.set(depth.get() > 0);
        })
    }

    /// `drop`.
    pub(super) fn take(&self) -> Callback<DragEvent> {
        let (depth, over) = (self.depth.clone(), self.over.setter());
        let (app, folders, ready) = (self.app.clone(), self.folders.setter(), self.ready);
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            depth.set(0);
            over.set(false);
            if let Some(transfer) = event.data_transfer().filter(|_| ready) {
                let dropped = upload::dropped(&transfer);
                folders.set(dropped.folders > 0);
                upload::upload(&app, dropped.files);
            }
        })
    }
}
