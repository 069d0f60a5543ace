//! The clock and zone of the person, for [`format::Clock`].

use crate::protocol::Modified;
use crate::store::format;
use crate::store::text;
use js_sys::Date;
use wasm_bindgen::JsValue;

/// Seconds to add to UTC at this moment in the browser's zone; 0 where the moment is beyond its calendar.
fn offset(seconds: i64) -> i64 {
    let minutes = Date::new(&JsValue::from_f64(seconds as f64 * 1000.0)).get_timezone_offset();
    if minutes.is_finite() { -(minutes * 60.0) as i64 } else { 0 }
}

/// `today 09:12`.
pub(super) fn relative(time: Modified) -> String {
    format::Clock { now: (Date::now() / 1000.0) as i64, offset: &offset }.relative(time)
}

/// `2026-11-22 09:12:00`.
pub(super) fn exact(time: Modified) -> String {
    format::Clock { now: 0, offset: &offset }.exact(time, text().server_time)
}
