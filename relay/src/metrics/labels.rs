//! Counters with a label, one for each word of a fixed set, found without a search.

use prometheus::{IntCounter, IntCounterVec, Result};
use towpath_shared::{Header, Kind, Reason, Reset};

/// A name of Rust's as a label: `PolicyDenied` becomes `policy_denied`. What a variant holds is no part of it.
pub(crate) fn snake(name: &str) -> String {
    let mut label = String::with_capacity(name.len() + 4);
    for (index, letter) in name.chars().take_while(char::is_ascii_alphanumeric).enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            label.push('_');
        }
        label.push(letter.to_ascii_lowercase());
    }
    label
}

/// A counter for each type of frame, by the type's byte.
#[derive(Debug)]
pub(super) struct PerKind(Vec<IntCounter>);

impl PerKind {
    /// `vector` has the labels `type` and `direction`.
    pub(super) fn new(vector: &IntCounterVec, direction: &str) -> Result<PerKind> {
        let counter = |byte: u8| {
            let label = kind_of(&[byte]).map_or_else(|| "unknown".into(), |kind| snake(&format!("{kind:?}")));
            vector.get_metric_with_label_values(&[label.as_str(), direction])
        };
        (0..=u8::MAX).map(counter).collect::<Result<_>>().map(PerKind)
    }

    /// Counts a frame.
    pub(super) fn count(&self, frame: &[u8]) {
        if let Some(counter) = frame.first().and_then(|byte| self.0.get(usize::from(*byte))) {
            counter.inc();
        }
    }
}

/// The type of a frame of which there is at least the first byte.
fn kind_of(frame: &[u8]) -> Option<Kind> {
    let mut header = [0; Header::LEN];
    header[0] = *frame.first()?;
    Header::split(&header).ok().map(|(header, _)| header.kind)
}

/// A counter for each reason of a RESET.
#[derive(Debug)]
pub(super) struct PerReason(Vec<(Reason, IntCounter)>);

impl PerReason {
    /// `vector` has the label `reason`.
    pub(super) fn new(vector: &IntCounterVec) -> Result<PerReason> {
        let counter = |reason: &Reason| {
            let counter = vector.get_metric_with_label_values(&[snake(&format!("{reason:?}"))])?;
            Ok((*reason, counter))
        };
        Reason::ALL.iter().map(counter).collect::<Result<_>>().map(PerReason)
    }

    /// Counts a RESET.
    pub(super) fn count(&self, reset: &Reset) {
        if let Some((_, counter)) = self.0.iter().find(|(reason, _)| *reason == reset.reason) {
            counter.inc();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_labels() {
        for (name, label) in [
            ("Hello", "hello"),
            ("PlaintextAfterStartTls", "plaintext_after_start_tls"),
            ("Invalid(\"any words\")", "invalid"),
            ("", ""),
        ] {
            assert_eq!(snake(name), label);
        }
    }
}
