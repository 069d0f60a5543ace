//! The moments in which a connection that stood still is worth a look: the laptop's lid went up, the tab is seen again, the network came back.
//! The worker's own timers may have slept until then.

use super::runtime::App;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::EventTarget;
use yew::prelude::*;

/// Tells the worker of them.
#[hook]
pub(super) fn use_awake(app: &App) {
    let app = app.clone();
    use_effect_with((), move |()| {
        let window = web_sys::window();
        let document = window.as_ref().and_then(|window| window.document());
        let seen = document.clone();
        let awake = Closure::<dyn Fn()>::new(move || {
            if seen.as_ref().is_none_or(|document| !document.hidden()) {
                app.awake();
            }
        });
        let targets: [(Option<EventTarget>, &str); 3] = [
            (document.map(Into::into), "visibilitychange"),
            (window.clone().map(Into::into), "pageshow"),
            (window.map(Into::into), "online"),
        ];
        for (target, event) in &targets {
            if let Some(target) = target {
                let _ = target.add_event_listener_with_callback(event, awake.as_ref().unchecked_ref());
            }
        }
        move || {
            for (target, event) in &targets {
                if let Some(target) = target {
                    let _ = target.remove_event_listener_with_callback(event, awake.as_ref().unchecked_ref());
                }
            }
        }
    });
}
