//! What servers have taught the sessions of this page, by host and port: whatever session comes next, of whichever tab, begins with it. In
//! memory alone; nothing of it is secret.

use std::collections::VecDeque;
use towpath_ftp::Quirks;

/// Servers that are remembered; the one that was heard of longest ago goes first.
const SERVERS: usize = 64;

/// The remembered.
#[derive(Debug, Default)]
pub(super) struct Learned(VecDeque<Server>);

#[derive(Debug)]
struct Server {
    host: String,
    port: u16,
    quirks: Quirks,
}

impl Learned {
    /// What is known of a server.
    pub(super) fn of(&self, host: &str, port: u16) -> Quirks {
        self.place(host, port)
            .and_then(|place| self.0.get(place))
            .map(|server| server.quirks.clone())
            .unwrap_or_default()
    }

    /// A session with a server knew this before, and that now.
    pub(super) fn take_over(&mut self, host: &str, port: u16, before: &Quirks, now: &Quirks) {
        let known = self.place(host, port).and_then(|place| self.0.remove(place));
        let mut server = known.unwrap_or_else(|| Server {
            host: host.to_ascii_lowercase(),
            port,
            quirks: Quirks::default(),
        });
        server.quirks.take_over(before, now);
        self.0.push_back(server);
        if self.0.len() > SERVERS {
            self.0.pop_front();
        }
    }

    fn place(&self, host: &str, port: u16) -> Option<usize> {
        self.0.iter().position(|server| server.port == port && server.host.eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use towpath_ftp::quirks::Tls12;

    #[test]
    fn what_one_session_learned_the_next_one_knows_and_two_do_not_undo_each_other() {
        let mut learned = Learned::default();
        let nothing = Quirks::default();
        let dry = Quirks { tls12: Tls12::Lowered, ..Quirks::default() };
        let patient = Quirks { patient: true, ..Quirks::default() };
        learned.take_over("FTP.example", 21, &nothing, &dry);
        learned.take_over("ftp.example", 21, &nothing, &patient);
        assert_eq!(learned.of("ftp.EXAMPLE", 21), Quirks { tls12: Tls12::Lowered, ..patient });
        assert_eq!(learned.of("ftp.example", 990), nothing);
        for number in 0..SERVERS {
            learned.take_over(&format!("{number}.example"), 21, &nothing, &dry);
        }
        assert_eq!(learned.of("ftp.example", 21), nothing);
        assert_eq!(learned.0.len(), SERVERS);
    }
}
