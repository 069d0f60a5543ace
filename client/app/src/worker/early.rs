//! The first listing, asked for together with the login: its commands go with the login's last ones, which saves two round trips. The
//! page asks for it only when it hears of the login; until then what comes of it is kept here.

use towpath_ftp::{Event, RequestId};

/// A listing that the page has not asked for yet.
pub(super) struct Early {
    request: RequestId,
    events: Vec<Event>,
}

impl Early {
    /// A listing that the engine was asked for as this request.
    pub(super) fn new(request: RequestId) -> Early {
        Early { request, events: Vec::new() }
    }

    /// Keeps what belongs to it, and gives back what does not.
    pub(super) fn keep(&mut self, event: Event) -> Option<Event> {
        let mine = match &event {
            Event::Listed { request, .. } | Event::Done { request, .. } | Event::Failed { request, .. } => {
                *request == self.request
            }
            _ => false,
        };
        if mine {
            self.events.push(event);
            return None;
        }
        Some(event)
    }

    /// The page has asked: the request, and what has come of it.
    pub(super) fn claim(self) -> (RequestId, Vec<Event>) {
        (self.request, self.events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use towpath_ftp::Outcome;

    #[test]
    fn it_keeps_its_own_events_in_their_order() {
        let done = |id| Event::Done { request: RequestId(id), outcome: Outcome::Ok };
        let path = towpath_ftp::RemotePath::root();
        let listed = Event::Listed { request: RequestId(2), path, entries: Vec::new() };
        let mut early = Early::new(RequestId(2));
        assert_eq!(early.keep(done(1)), Some(done(1)));
        assert_eq!(early.keep(listed.clone()), None);
        assert_eq!(early.keep(done(2)), None);
        assert_eq!(early.claim(), (RequestId(2), vec![listed, done(2)]));
    }
}
