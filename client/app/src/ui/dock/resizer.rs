//! The edge that makes the dock higher or lower: by mouse, finger or arrow keys.

use crate::store::{Action, text};
use crate::ui::geometry::set_property;
use crate::ui::use_app;
use std::cell::Cell;
use web_sys::{Element, PointerEvent};
use yew::prelude::*;

/// Limits in pixels.
const LOWEST: u32 = 96;
const HIGHEST: u32 = 640;
/// A press of an arrow key.
const STEP: u32 = 24;

/// The dock.
#[derive(Properties, PartialEq)]
pub(super) struct ResizerProps {
    /// Its element, whose height follows the pointer.
    pub(super) dock: NodeRef,
    /// Its height.
    pub(super) height: u32,
}

/// The edge.
#[component]
pub(super) fn Resizer(props: &ResizerProps) -> Html {
    let app = use_app();
    // Where the pointer went down and how high the dock was; how high it is now.
    let grip = use_memo((), |()| Cell::new(None::<(i32, u32)>));
    let now = use_memo((), |()| Cell::new(0_u32));
    let down = {
        let (grip, now, height) = (grip.clone(), now.clone(), props.height);
        move |event: PointerEvent| {
            event.prevent_default();
            grip.set(Some((event.client_y(), height)));
            now.set(height);
            if let Some(edge) = event.target_dyn_into::<Element>() {
                // Without capture the drag ends at the edge; it still works.
                let _ = edge.set_pointer_capture(event.pointer_id());
                let _ = edge.class_list().add_1("held");
            }
        }
    };
    let moved = {
        let (grip, now, dock) = (grip.clone(), now.clone(), props.dock.clone());
        move |event: PointerEvent| {
            if let Some((y, height)) = grip.get() {
                let wanted =
                    height.saturating_add_signed(y.saturating_sub(event.client_y())).clamp(LOWEST, HIGHEST);
                now.set(wanted);
                set_property(&dock, "--dock", &format!("{wanted}px"));
            }
        }
    };
    let up = {
        let (app, grip, now) = (app.clone(), grip.clone(), now.clone());
        move |event: PointerEvent| {
            if grip.take().is_some() {
                app.dispatch(Action::ResizeDock(now.get()));
            }
            if let Some(edge) = event.target_dyn_into::<Element>() {
                let _ = edge.class_list().remove_1("held");
            }
        }
    };
    let on_key = {
        let height = props.height;
        move |event: KeyboardEvent| {
            let wanted = match event.key().as_str() {
                "ArrowUp" => height.saturating_add(STEP),
                "ArrowDown" => height.saturating_sub(STEP),
                "Home" => LOWEST,
                "End" => HIGHEST,
                _ => return,
            };
            event.prevent_default();
            app.dispatch(Action::ResizeDock(wanted.clamp(LOWEST, HIGHEST)));
        }
    };
    html! {
        <div class="edge" role="separator" aria-orientation="horizontal" aria-label={text().resize_dock} tabindex="0"
            aria-valuenow={props.height.to_string()} aria-valuemin={LOWEST.to_string()} aria-valuemax={HIGHEST.to_string()}
            onpointerdown={down} onpointermove={moved} onpointerup={up.clone()} onpointercancel={up} onkeydown={on_key} />
    }
}
