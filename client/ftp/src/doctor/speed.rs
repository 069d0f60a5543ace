//! The speed of the control connection.

use super::{Finding, Subject, Verdict};

/// A round trip above this many milliseconds is felt at every click.
const SLOW: u64 = 500;
/// Milliseconds for all NOOPs one by one below which the difference is chance.
const MEASURABLE: u64 = 80;

/// Round trips of NOOP, each for itself.
pub(crate) fn round_trips(mut samples: Vec<u64>) -> Finding {
    samples.sort_unstable();
    let (Some(least), Some(median), Some(most)) =
        (samples.first(), samples.get(samples.len() / 2), samples.last())
    else {
        return Finding::untested(Subject::RoundTrip, "No answer was timed.");
    };
    let verdict = if *median > SLOW { Verdict::Warning } else { Verdict::Good };
    let text =
        format!("The server answers a command in {median} ms (median; at best {least}, at worst {most} ms).");
    let figures = samples.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    Finding::new(Subject::RoundTrip, verdict, text).with([format!("NOOP, sorted: {figures} ms")])
}

/// So many commands in one flight took so long; one by one they took the other time.
pub(crate) fn pipelining(count: usize, flight: u64, single: u64) -> Finding {
    let (verdict, text) = match flight.saturating_mul(4) <= single.saturating_mul(3) {
        _ if single < MEASURABLE => (
            Verdict::Good,
            "The server takes several commands at once; it is so near that this saves no time that can be measured.",
        ),
        true => {
            (Verdict::Good, "The server takes several commands at once: what needs many of them is quick.")
        }
        false => (Verdict::Note, "The server takes several commands at once, but answers no sooner for it."),
    };
    let figures = format!("{count} NOOP: {flight} ms in one flight, {single} ms one by one");
    Finding::new(Subject::Pipelining, verdict, text).with([figures])
}
