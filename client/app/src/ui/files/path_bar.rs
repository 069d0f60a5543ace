//! Where the person is, and the ways from there.

use crate::protocol::Bytes;
use crate::store::browser::{Browser, Go};
use crate::store::{Action, Shared, text, visible};
use crate::ui::icon::Icon;
use crate::ui::name::Name;
use crate::ui::use_app;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// The path.
#[derive(Properties, PartialEq)]
pub(super) struct PathBarProps {
    /// The directory.
    pub(super) browser: Shared<Browser>,
    /// The session is up.
    pub(super) up: bool,
    /// Whether the path is being typed.
    pub(super) editing: bool,
    /// Begins or ends typing.
    pub(super) on_edit: Callback<bool>,
    /// The filter's field.
    pub(super) filter: NodeRef,
    /// Back to the list.
    pub(super) on_leave: Callback<()>,
}

/// A path's folders from the root down, each with its whole path.
fn crumbs(path: &Bytes) -> Vec<(String, Bytes)> {
    let bytes = path.as_bytes();
    let mut crumbs = Vec::new();
    let mut start = 0;
    for end in (0..=bytes.len()).filter(|at| *at == bytes.len() || bytes[*at] == b'/') {
        if end > start {
            crumbs.push((Bytes::new(&bytes[start..end]).text, Bytes::new(&bytes[..end])));
        }
        start = end + 1;
    }
    crumbs
}

/// What a typed path means, from where the person is. Only `/`, `.` and `..` are read here; the server has the last word.
fn target(here: Option<&Bytes>, typed: &str) -> Option<Bytes> {
    let typed = typed.trim();
    let mut parts: Vec<&[u8]> = Vec::new();
    let base = here.filter(|_| !typed.starts_with('/')).map_or(&b"/"[..], Bytes::as_bytes);
    for part in base.split(|byte| *byte == b'/').chain(typed.as_bytes().split(|byte| *byte == b'/')) {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut path = Vec::new();
    for part in parts {
        path.push(b'/');
        path.extend_from_slice(part);
    }
    let usable = !typed.is_empty() && !typed.chars().any(char::is_control);
    usable.then(|| Bytes::new(if path.is_empty() { b"/" } else { &path }))
}

/// Back, forward, up, refresh, the path, the filter.
#[component]
pub(super) fn PathBar(props: &PathBarProps) -> Html {
    let app = use_app();
    let browser = &props.browser;
    let way = |icon: &'static str, label: &'static str, go: Go| {
        let enabled = props.up && browser.can_go(&go);
        let press = {
            let app = app.clone();
            move |_| app.dispatch(Action::Go(go.clone()))
        };
        html! {
            <button type="button" class="plain square" aria-label={label} title={label} disabled={!enabled} onclick={press}>
                <Icon name={icon} />
            </button>
        }
    };
    let filter = {
        let app = app.clone();
        move |event: InputEvent| {
            let value =
                event.target_dyn_into::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default();
            app.dispatch(Action::FilterBy(value));
        }
    };
    let filter_key = {
        let (app, leave) = (app.clone(), props.on_leave.clone());
        move |event: KeyboardEvent| match event.key().as_str() {
            "Escape" => {
                event.prevent_default();
                app.dispatch(Action::FilterBy(String::new()));
                leave.emit(());
            }
            "Enter" | "ArrowDown" => {
                event.prevent_default();
                leave.emit(());
            }
            _ => {}
        }
    };
    html! {
        <div class="where">
            <div class="ways">
                { way("arrow-left", text().back, Go::Back) }
                { way("arrow-right", text().forward, Go::Forward) }
                { way("arrow-up", text().up, Go::Up) }
                { way("refresh", text().refresh, Go::Again) }
            </div>
            if props.editing {
                <PathField path={browser.path.clone()} on_end={props.on_edit.reform(|()| false)} on_leave={props.on_leave.clone()} />
            } else {
                <Crumbs path={browser.path.clone()} up={props.up} on_edit={props.on_edit.reform(|()| true)} />
            }
            <label class="filter">
                <Icon name="search" />
                <input ref={props.filter.clone()} type="search" aria-label={text().filter} placeholder={text().filter}
                    value={browser.filter.clone()} oninput={filter} onkeydown={filter_key} />
            </label>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct CrumbsProps {
    path: Option<Bytes>,
    up: bool,
    on_edit: Callback<()>,
}

/// The path as buttons.
#[component]
fn Crumbs(props: &CrumbsProps) -> Html {
    let app = use_app();
    let list = use_node_ref();
    {
        // A long path shows its end: where the person is.
        let list = list.clone();
        use_effect_with(props.path.clone(), move |_| {
            if let Some(list) = list.cast::<HtmlElement>() {
                list.set_scroll_left(list.scroll_width());
            }
        });
    }
    let crumbs = props.path.as_ref().map(crumbs).unwrap_or_default();
    let last = crumbs.len();
    let step = |index: usize, label: Html, hint: String, path: Bytes| {
        let go = {
            let (app, path) = (app.clone(), path);
            move |_| app.dispatch(Action::Go(Go::To(path.clone())))
        };
        html! {
            <li key={index}>
                <button type="button" class="plain crumb" disabled={!props.up} aria-label={hint.clone()} title={hint}
                    aria-current={(index == last).then_some("page")} onclick={go}>{label}</button>
            </li>
        }
    };
    let root = step(0, html! { <Icon name="home" /> }, text().root.to_owned(), Bytes::text("/"));
    let steps = crumbs.into_iter().enumerate().map(|(index, (name, path))| {
        let hint = visible::text(&name);
        step(index + 1, html! { <Name text={name} /> }, hint, path)
    });
    // A click beside the folders types the path, as in file managers.
    let beside = {
        let edit = props.on_edit.clone();
        move |event: MouseEvent| {
            let target = event.target_dyn_into::<web_sys::Element>();
            if target.is_some_and(|target| target.closest("button").ok().flatten().is_none()) {
                edit.emit(());
            }
        }
    };
    html! {
        <nav class="path" aria-label={text().path} onclick={beside}>
            <ol ref={list}>{ for std::iter::once(root).chain(steps) }</ol>
            <button type="button" class="plain tiny" aria-label={text().edit_path} title={text().edit_path}
                onclick={props.on_edit.reform(|_| ())}>
                <Icon name="pencil" />
            </button>
        </nav>
    }
}

#[derive(Properties, PartialEq)]
struct PathFieldProps {
    path: Option<Bytes>,
    on_end: Callback<()>,
    on_leave: Callback<()>,
}

/// The path as text.
#[component]
fn PathField(props: &PathFieldProps) -> Html {
    let app = use_app();
    let node = use_node_ref();
    {
        let (node, path) = (node.clone(), props.path.clone());
        use_effect_with((), move |()| {
            if let Some(input) = node.cast::<HtmlInputElement>() {
                input.set_value(&path.map(|path| path.text).unwrap_or_default());
                let _ = input.focus();
                input.select();
            }
        });
    }
    let on_key = {
        let (node, path) = (node.clone(), props.path.clone());
        let (end, leave) = (props.on_end.clone(), props.on_leave.clone());
        move |event: KeyboardEvent| match event.key().as_str() {
            "Enter" => {
                event.prevent_default();
                let typed = node.cast::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default();
                // What was not changed is sent as the server's own bytes.
                let unchanged = path.as_ref().filter(|path| path.text == typed).cloned();
                if let Some(path) = unchanged.or_else(|| target(path.as_ref(), &typed)) {
                    app.dispatch(Action::Go(Go::To(path)));
                }
                end.emit(());
                leave.emit(());
            }
            "Escape" => {
                event.prevent_default();
                end.emit(());
                leave.emit(());
            }
            _ => {}
        }
    };
    html! {
        <div class="path editing">
            <input ref={node} type="text" aria-label={text().path} spellcheck="false" autocapitalize="none"
                onkeydown={on_key} onblur={props.on_end.reform(|_| ())} />
        </div>
    }
}

/// Puts the focus on an element.
pub(super) fn focus(node: &NodeRef) {
    if let Some(element) = node.cast::<HtmlElement>() {
        let _ = element.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_from_the_root_down() {
        let crumbs = crumbs(&Bytes::text("/www/my files"));
        let shown: Vec<_> = crumbs.iter().map(|(name, path)| (name.as_str(), path.text.as_str())).collect();
        assert_eq!(shown, [("www", "/www"), ("my files", "/www/my files")]);
        assert!(super::crumbs(&Bytes::text("/")).is_empty());
    }

    #[test]
    fn names_in_another_charset_keep_their_bytes() {
        let crumbs = crumbs(&Bytes::new(b"/caf\xe9/x"));
        assert_eq!(crumbs[0].1.as_bytes(), b"/caf\xe9");
        assert_eq!(crumbs[1].1.as_bytes(), b"/caf\xe9/x");
    }

    #[test]
    fn typed_paths() {
        let here = Bytes::text("/www/css");
        let to = |typed: &str| target(Some(&here), typed).map(|path| path.text);
        assert_eq!(to("/a//b/"), Some("/a/b".into()));
        assert_eq!(to("../img"), Some("/www/img".into()));
        assert_eq!(to("../../../.."), Some("/".into()));
        assert_eq!(to("x y"), Some("/www/css/x y".into()));
        assert_eq!((to(""), to("a\nb")), (None, None));
    }
}
