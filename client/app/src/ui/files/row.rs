//! One row of the list.

use super::rename_field::RenameField;
use crate::protocol::RowKind;
use crate::store::listing::Entry;
use crate::store::{format, text, visible};
use crate::ui::icon::icon;
use crate::ui::local_time;
use crate::ui::name::name as shown;
use std::rc::Rc;
use yew::prelude::*;

/// A row.
#[derive(Properties, PartialEq)]
pub(super) struct FileRowProps {
    /// What it stands for.
    pub(super) entry: Rc<Entry>,
    /// Its index in the listing: how the store names it.
    pub(super) row: u32,
    /// Its place on the screen, from 0.
    pub(super) place: usize,
    /// Whether it is selected.
    pub(super) selected: bool,
    /// Whether it has the keyboard.
    pub(super) cursor: bool,
    /// Its name is being changed; the new name once it was sent.
    pub(super) renaming: Option<Option<String>>,
    /// It was clicked.
    pub(super) on_click: Callback<(u32, MouseEvent)>,
    /// It was clicked twice.
    pub(super) on_open: Callback<u32>,
    /// It was pressed long, or with the other button.
    pub(super) on_menu: Callback<(u32, MouseEvent)>,
}

fn icon_name(entry: &Entry) -> &'static str {
    match entry.row.kind {
        RowKind::Directory => "folder",
        RowKind::Link => "link",
        RowKind::Other => "file-other",
        RowKind::File => {
            let name = entry.key.folded();
            match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
                "png" | "jpg" | "jpeg" | "gif" | "svg" | "webp" | "avif" | "ico" | "bmp" | "tif" | "tiff" => {
                    "file-image"
                }
                "zip" | "gz" | "tgz" | "xz" | "bz2" | "zst" | "7z" | "rar" | "tar" => "file-archive",
                "html" | "htm" | "css" | "js" | "ts" | "php" | "py" | "rs" | "sh" | "json" | "xml"
                | "toml" | "yml" => "file-code",
                "mp3" | "ogg" | "flac" | "wav" | "mp4" | "mkv" | "webm" | "mov" | "avi" => "file-media",
                "txt" | "md" | "log" | "pdf" | "doc" | "docx" | "odt" | "csv" => "file-text",
                _ => "file",
            }
        }
    }
}

fn kind(kind: RowKind) -> &'static str {
    match kind {
        RowKind::Directory => text().folder,
        RowKind::Link => text().link,
        RowKind::File => text().file,
        RowKind::Other => text().other,
    }
}

/// The row.
#[component]
pub(super) fn FileRow(props: &FileRowProps) -> Html {
    let row = &props.entry.row;
    let number = props.row;
    let shape = icon_name(&props.entry);
    let size = row.size.filter(|_| row.kind != RowKind::Directory);
    let size_text = size.map(format::size);
    let modified = row.modified.map(local_time::relative);
    let (letters, octal) = row.mode.map(format::permissions).unwrap_or_default();
    let owner = match (&row.owner, &row.group) {
        (Some(owner), Some(group)) => format!("{owner} {group}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    };
    let plain = visible::text(&row.name.text);
    let name = match &props.renaming {
        Some(None) => html! { <RenameField name={row.name.text.clone()} /> },
        Some(Some(new)) => html! { <span class="name pending">{ shown(new) }</span> },
        None => html! {
            <span class="name" title={plain.clone()}>
                { shown(&row.name.text) }
                if let Some(target) = &row.target {
                    <span class="target">{" → "}{ shown(target) }</span>
                }
            </span>
        },
    };
    html! {
        <div role="row" class={classes!("row", props.selected.then_some("selected"), props.cursor.then_some("cursor"))}
            aria-label={plain} aria-rowindex={(props.place + 2).to_string()} aria-selected={props.selected.to_string()}
            tabindex={if props.cursor { "0" } else { "-1" }}
            onclick={props.on_click.reform(move |event| (number, event))}
            ondblclick={props.on_open.reform(move |_| number)}
            oncontextmenu={props.on_menu.reform(move |event| (number, event))}>
            <div role="gridcell" class={classes!("cell", "named", shape)}>
                { icon(shape) }
                <span class="unseen">{kind(row.kind)}{" "}</span>
                { name }
                <span class="second" aria-hidden="true">
                    { for [size_text.clone(), modified.clone()].into_iter().flatten().map(|part| html! { <span>{part}</span> }) }
                </span>
            </div>
            <div role="gridcell" class="cell figure" title={size.map(|size| format!("{} B", format::count(size)))}>
                {size_text}
            </div>
            <div role="gridcell" class="cell" title={row.modified.map(local_time::exact)}>{modified}</div>
            <div role="gridcell" class="cell mode" title={letters.clone()}>
                {letters}<span class="octal">{octal}</span>
            </div>
            <div role="gridcell" class="cell" title={visible::text(&owner)}>{visible::text(&owner)}</div>
        </div>
    }
}
