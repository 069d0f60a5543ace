//! The findings so far: each subject once, whatever comes.

use std::collections::BTreeMap;

use crate::doctor::{Finding, Subject};
use crate::event::Event;
use crate::link::Link;
use crate::request::RequestId;

/// Findings.
pub(super) struct Collected {
    request: RequestId,
    findings: BTreeMap<Subject, Finding>,
    /// TLS stood on some connection of the examination.
    pub(super) secured: bool,
}

impl Collected {
    pub(super) fn new(request: RequestId) -> Collected {
        Collected { request, findings: BTreeMap::new(), secured: false }
    }

    /// Takes a finding and tells it; the first of a subject counts.
    pub(super) fn put(&mut self, link: &mut Link, finding: Finding) {
        if self.findings.contains_key(&finding.subject) {
            return;
        }
        link.tell(Event::Examined { request: self.request, finding: finding.clone() });
        self.findings.insert(finding.subject, finding);
    }

    /// Whether there is one.
    pub(super) fn of(&self, subject: Subject) -> Option<&Finding> {
        self.findings.get(&subject)
    }

    /// All subjects in their order; those without a finding were not tested for this reason.
    pub(super) fn finish(&mut self, link: &mut Link, why: &str) -> Vec<Finding> {
        for subject in Subject::ALL {
            self.put(link, Finding::untested(subject, why));
        }
        std::mem::take(&mut self.findings).into_values().collect()
    }
}
