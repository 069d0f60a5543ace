use super::super::listing::row;
use super::*;
use crate::protocol::{RowKind, Stage};

const R: [RequestId; 6] =
    [RequestId(0), RequestId(1), RequestId(2), RequestId(3), RequestId(4), RequestId(5)];

fn rows(names: &[&str]) -> Vec<Row> {
    let kind = |name: &str| if name.contains('.') { RowKind::File } else { RowKind::Directory };
    names.iter().map(|name| row(name, kind(name), 7)).collect()
}

fn list(browser: &mut Browser, to: Go, request: RequestId, path: &str, names: &[&str]) {
    assert!(browser.go(to, request).is_some());
    browser.rows(request, Bytes::text(path), rows(names));
    browser.listed(request, Bytes::text(path), Vec::new());
}

fn shown(browser: &Browser) -> Vec<String> {
    browser.order.iter().filter_map(|row| Some(browser.entry(*row)?.row.name.text.clone())).collect()
}

fn failure() -> Failure {
    Failure {
        stage: Stage::Server,
        cancelled: false,
        credentials: false,
        message: "no".into(),
        reply: None,
        advice: String::new(),
    }
}

#[test]
fn the_first_listing_says_where_we_are() {
    let mut browser = Browser::default();
    let departure = browser.go(Go::Again, R[0]).unwrap();
    assert!(departure.list.is_none() && departure.abandoned.is_none());
    browser.rows(R[0], Bytes::text("/home"), rows(&["b.txt", "a"]));
    assert_eq!(shown(&browser), ["a", "b.txt"], "rows show before the listing ends");
    assert!(!browser.complete);
    browser.listed(R[0], Bytes::text("/home"), Vec::new());
    assert!(browser.complete && browser.path == Some(Bytes::text("/home")));
}

#[test]
fn back_shows_the_old_rows_at_once_and_the_cursor_on_the_folder_left() {
    let mut browser = Browser::default();
    list(&mut browser, Go::Again, R[0], "/", &["www", "tmp"]);
    list(&mut browser, Go::To(Bytes::text("/www")), R[1], "/www", &["index.html"]);
    let departure = browser.go(Go::Back, R[2]).unwrap();
    assert_eq!(departure.list, Some(Bytes::text("/")));
    assert_eq!(shown(&browser), ["tmp", "www"]);
    assert_eq!(browser.cursor().unwrap().row.name.text, "www");
    assert!(browser.can_go(&Go::Forward) && !browser.can_go(&Go::Up) && !browser.can_go(&Go::Back));

    browser.rows(R[2], Bytes::text("/"), rows(&["new", "www"]));
    assert_eq!(shown(&browser), ["tmp", "www"], "a quiet refresh shows nothing half done");
    browser.listed(R[2], Bytes::text("/"), Vec::new());
    assert_eq!(shown(&browser), ["new", "www"]);
    assert_eq!(browser.cursor().unwrap().row.name.text, "www");
    assert_eq!(browser.selection.count(), 1);
}

#[test]
fn a_listing_that_nobody_waits_for_is_named_and_ignored() {
    let mut browser = Browser::default();
    list(&mut browser, Go::Again, R[0], "/", &["a", "b"]);
    browser.go(Go::To(Bytes::text("/a")), R[1]);
    let departure = browser.go(Go::To(Bytes::text("/b")), R[2]).unwrap();
    assert_eq!(departure.abandoned, Some(R[1]));
    browser.rows(R[1], Bytes::text("/a"), rows(&["stale.txt"]));
    browser.listed(R[1], Bytes::text("/a"), Vec::new());
    assert!(!browser.list_failed(R[1], &failure()));
    assert!(shown(&browser).is_empty() && browser.loading.is_some());
}

#[test]
fn a_failed_refresh_leaves_the_rows() {
    let mut browser = Browser::default();
    list(&mut browser, Go::Again, R[0], "/", &["a"]);
    browser.go(Go::Again, R[1]);
    assert!(browser.list_failed(R[1], &failure()));
    assert!(browser.failure.is_none() && shown(&browser) == ["a"]);
    browser.go(Go::To(Bytes::text("/a")), R[2]);
    assert!(browser.list_failed(R[2], &failure()));
    assert!(browser.failure.is_some() && browser.can_go(&Go::Back));
}

#[test]
fn a_hundred_thousand_rows_stream_in() {
    let mut browser = Browser::default();
    browser.go(Go::Again, R[0]);
    for batch in 0..200_u32 {
        let batch = (0..500)
            .map(|n| row(&format!("file {}.txt", (batch * 500 + n) * 7919 % 100_000), RowKind::File, 1));
        browser.rows(R[0], Bytes::text("/"), batch.collect());
    }
    browser.listed(R[0], Bytes::text("/"), Vec::new());
    assert_eq!(browser.order.len(), 100_000);
    let names = shown(&browser);
    assert_eq!((names[0].as_str(), names[99_999].as_str()), ("file 0.txt", "file 99999.txt"));
}

#[test]
fn type_ahead_and_filter() {
    let mut browser = Browser::default();
    list(&mut browser, Go::Again, R[0], "/", &["alpha.txt", "beta.txt", "Bravo.txt", "css"]);
    browser.seek("b", true);
    assert_eq!(browser.cursor().unwrap().row.name.text, "beta.txt");
    browser.seek("b", true);
    assert_eq!(browser.cursor().unwrap().row.name.text, "Bravo.txt");
    browser.seek("b", true);
    assert_eq!(browser.cursor().unwrap().row.name.text, "beta.txt");
    browser.seek("br", false);
    assert_eq!(browser.cursor().unwrap().row.name.text, "Bravo.txt");
    browser.filter_by("TA".into());
    assert_eq!(shown(&browser), ["beta.txt"]);
    assert_eq!(
        browser.selection.count(),
        0,
        "what is filtered away is not selected: Delete must not touch it"
    );
}

#[test]
fn an_upload_shows_before_the_next_listing() {
    let mut browser = Browser::default();
    list(&mut browser, Go::Again, R[0], "/", &["a.txt"]);
    browser.put(row("b.txt", RowKind::File, 3));
    browser.put(row("a.txt", RowKind::File, 9));
    assert_eq!(shown(&browser), ["a.txt", "b.txt"]);
    assert_eq!(browser.named("a.txt").unwrap().row.size, Some(9));
}

#[test]
fn the_way_up() {
    let towards = |folder: &str, here: &str| child_towards(&Bytes::text(folder), &Bytes::text(here));
    assert_eq!(towards("/", "/www/css"), Some(Bytes::text("www")));
    assert_eq!(towards("/www", "/www/css"), Some(Bytes::text("css")));
    assert_eq!(towards("/ww", "/www/css"), None);
    assert_eq!(towards("/www", "/www"), None);
}

#[test]
fn the_size_of_a_selection_is_that_of_its_files() {
    let mut browser = Browser::default();
    list(&mut browser, Go::Again, R[0], "/", &["folder", "a.txt", "b.txt"]);
    for row in 0..3 {
        browser.grip(row, Grip::Toggle);
    }
    assert_eq!(browser.selected().len(), 3);
    assert_eq!(browser.selected_bytes(), 14, "each row says 7 bytes, the folder's are not of what it holds");
}

/// A click and a fresh listing may cross: the row that was clicked is known by its number.
#[test]
fn a_fresh_listing_keeps_the_numbers_of_the_rows() {
    let mut browser = Browser::default();
    list(&mut browser, Go::Again, R[0], "/", &["folder", "a.txt", "gone.txt"]);
    browser.put(row("one.bin", RowKind::File, 7));
    let number = browser
        .order
        .iter()
        .copied()
        .find(|row| browser.entry(*row).is_some_and(|entry| entry.row.name == Bytes::text("one.bin")));
    list(&mut browser, Go::Again, R[1], "/", &["one.bin", "new.txt", "folder", "a.txt"]);
    browser.grip(number.unwrap(), Grip::Only);
    assert_eq!(browser.selected().len(), 1);
    assert_eq!(browser.selected()[0].row.name, Bytes::text("one.bin"));
}
