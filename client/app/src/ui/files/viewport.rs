//! Which rows of a long list are on the screen. All rows are equally high, so this is arithmetic.

use std::ops::Range;

/// Rows drawn beyond each edge, so that scrolling does not show gaps.
pub(crate) const OVERSCAN: usize = 8;

/// The rows to draw: those that a viewport of this height shows at this scroll position, and `overscan` more on each side.
pub(crate) fn visible_range(
    scroll_top: f64,
    viewport: f64,
    row: f64,
    len: usize,
    overscan: usize,
) -> Range<usize> {
    if row.is_nan() || row <= 0.0 {
        return 0..0;
    }
    // `as` saturates: nonsense from the browser gives an empty or a full range, never a panic.
    let first = (scroll_top.max(0.0) / row).floor() as usize;
    let shown = (viewport.max(0.0) / row).ceil() as usize;
    let start = first.saturating_sub(overscan).min(len);
    let end = first.saturating_add(shown).saturating_add(1).saturating_add(overscan).min(len);
    start.min(end)..end
}

/// Where to scroll so that a row is wholly seen; `None` where it is.
pub(crate) fn scroll_to(scroll_top: f64, viewport: f64, row: f64, index: usize) -> Option<f64> {
    let top = index as f64 * row;
    if top < scroll_top {
        Some(top)
    } else if top + row > scroll_top + viewport {
        Some((top + row - viewport).max(0.0))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_over_the_rows() {
        assert_eq!(visible_range(0.0, 320.0, 32.0, 100_000, 0), 0..11);
        assert_eq!(visible_range(16.0, 320.0, 32.0, 100_000, 0), 0..11);
        assert_eq!(visible_range(3200.0, 320.0, 32.0, 100_000, 8), 92..119);
        assert_eq!(visible_range(1e9, 320.0, 32.0, 100, 8), 100..100);
        assert_eq!(visible_range(-50.0, 320.0, 32.0, 5, 8), 0..5);
        assert_eq!(visible_range(0.0, 320.0, 32.0, 0, 8), 0..0);
    }

    #[test]
    fn nonsense_does_not_panic() {
        for value in [f64::NAN, f64::INFINITY, -1.0, 0.0, f64::MAX] {
            let range = visible_range(value, value, 32.0, 10, 8);
            assert!(range.start <= range.end && range.end <= 10);
            assert_eq!(visible_range(0.0, 100.0, f64::NAN, 10, 8), 0..0);
            assert_eq!(visible_range(0.0, 100.0, 0.0, 10, 8), 0..0);
        }
    }

    #[test]
    fn every_row_that_shows_is_drawn() {
        for top in (0..3_200).step_by(7).map(f64::from) {
            let range = visible_range(top, 333.0, 32.0, 100, 0);
            for index in 0..100_u32 {
                let y = f64::from(index) * 32.0;
                if y + 32.0 > top && y < top + 333.0 {
                    assert!(range.contains(&(index as usize)), "{index} at {top}");
                }
            }
        }
    }

    #[test]
    fn scrolling_moves_as_little_as_possible() {
        assert_eq!(scroll_to(0.0, 320.0, 32.0, 3), None);
        assert_eq!(scroll_to(320.0, 320.0, 32.0, 3), Some(96.0));
        assert_eq!(scroll_to(0.0, 320.0, 32.0, 10), Some(32.0));
        assert_eq!(scroll_to(0.0, 10.0, 32.0, 0), Some(22.0));
    }
}
