//! Messages to the page, kept until the present turn of the event loop is done: then all log lines of a tab are one message, and
//! rows that came one after the other are as well.

use crate::protocol::{FromWorker, LogLine, Row, SessionId, Tunnel, Update};

/// Most rows in one message: the page stays responsive while it reads them.
const MAX_ROWS: usize = 2_000;

/// A message with the objects that travel beside it.
#[derive(Debug)]
pub(super) struct Letter<O> {
    /// The message.
    pub(super) message: FromWorker,
    /// A finished file, where the message carries one.
    pub(super) object: Option<O>,
}

/// What waits for the end of the turn. `O` is the browser's object type.
#[derive(Debug)]
pub(super) struct Outbox<O> {
    letters: Vec<Letter<O>>,
}

impl<O> Outbox<O> {
    /// Nothing waits.
    pub(super) fn new() -> Outbox<O> {
        Outbox { letters: Vec::new() }
    }

    /// Something about the way to the relay.
    pub(super) fn tunnel(&mut self, tunnel: Tunnel) {
        self.letters.push(Letter { message: FromWorker::Tunnel(tunnel), object: None });
    }

    /// A line for a tab's log: joins the lines of this turn.
    pub(super) fn log(&mut self, session: SessionId, line: LogLine) {
        let lines = self.letters.iter_mut().find_map(|letter| match &mut letter.message {
            FromWorker::Session(id, Update::Log(lines)) if *id == session => Some(lines),
            _ => None,
        });
        match lines {
            Some(lines) => lines.push(line),
            None => self.update(session, Update::Log(vec![line])),
        }
    }

    /// Something that happened in a tab.
    pub(super) fn update(&mut self, session: SessionId, update: Update) {
        let update = match update {
            Update::Rows { request, path, rows } => {
                let room = self.letters.last_mut().and_then(|letter| match &mut letter.message {
                    FromWorker::Session(id, Update::Rows { request: same, rows: have, .. })
                        if *id == session && *same == request && have.len() + rows.len() <= MAX_ROWS =>
                    {
                        Some(have)
                    }
                    _ => None,
                });
                match room {
                    Some(have) => return have.extend(rows),
                    None => return self.rows(session, request, &path, rows),
                }
            }
            other => other,
        };
        self.letters.push(Letter { message: FromWorker::Session(session, update), object: None });
    }

    /// An update with a finished file beside it.
    pub(super) fn update_with(&mut self, session: SessionId, update: Update, object: O) {
        self.letters.push(Letter { message: FromWorker::Session(session, update), object: Some(object) });
    }

    /// Everything that waits, in order.
    pub(super) fn take(&mut self) -> Vec<Letter<O>> {
        std::mem::take(&mut self.letters)
    }

    fn rows(
        &mut self,
        session: SessionId,
        request: crate::protocol::RequestId,
        path: &crate::protocol::Bytes,
        mut rows: Vec<Row>,
    ) {
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(MAX_ROWS));
            let update = Update::Rows { request, path: path.clone(), rows };
            self.letters.push(Letter { message: FromWorker::Session(session, update), object: None });
            rows = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Bytes, JobId, LogKind, Outcome, RequestId, RowKind};

    fn line(text: &str) -> LogLine {
        LogLine { at: 0, kind: LogKind::Status, text: text.to_owned() }
    }

    fn rows(count: usize) -> Update {
        let row = Row {
            name: Bytes::text("a"),
            kind: RowKind::File,
            size: None,
            modified: None,
            mode: None,
            owner: None,
            group: None,
            target: None,
        };
        Update::Rows { request: RequestId(1), path: Bytes::text("/"), rows: vec![row; count] }
    }

    #[test]
    fn lines_of_a_turn_are_one_message_for_each_tab() {
        let mut outbox = Outbox::<()>::new();
        outbox.log(SessionId(1), line("a"));
        outbox.log(SessionId(2), line("b"));
        outbox.update(SessionId(1), Update::JobProgress { job: JobId(1), done: 1, total: None });
        outbox.log(SessionId(1), line("c"));
        let letters = outbox.take();
        assert_eq!(letters.len(), 3);
        let FromWorker::Session(SessionId(1), Update::Log(lines)) = &letters[0].message else {
            panic!("{letters:?}")
        };
        assert_eq!(lines.len(), 2);
        assert!(outbox.take().is_empty());
    }

    #[test]
    fn rows_join_up_to_the_limit_and_stay_before_the_end() {
        let mut outbox = Outbox::<()>::new();
        outbox.update(SessionId(1), rows(1500));
        outbox.update(SessionId(1), rows(400));
        outbox.update(SessionId(1), rows(4100));
        outbox.update(SessionId(1), Update::Done { request: RequestId(1), outcome: Outcome::Ok });
        let counts: Vec<usize> = outbox
            .take()
            .iter()
            .map(|letter| match &letter.message {
                FromWorker::Session(_, Update::Rows { rows, .. }) => rows.len(),
                _ => 0,
            })
            .collect();
        assert_eq!(counts, [1900, 2000, 2000, 100, 0]);
    }
}
