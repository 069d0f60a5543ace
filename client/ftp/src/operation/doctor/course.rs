//! The parts in their order: what each needs, and what its end means.

use super::trips::{COUNT, Trips};
use super::{Examine, Part};
use crate::data;
use crate::doctor::limits::MOST_LINES;
use crate::doctor::{self, Finding, Listed, Subject, Verdict};
use crate::error::{Error, ErrorKind, Stage};
use crate::event::Outcome;
use crate::link::Link;
use crate::operation::enter::Enter;
use crate::operation::list::List;
use crate::operation::raw::Raw;
use crate::operation::simple::Simple;
use crate::operation::{Report, Step};
use crate::path::RemotePath;
use crate::quirks::{DataWay, Tls12};
use crate::reply::escape;
use crate::site::ActiveMode;
use crate::typed::TypedLine;

/// A file's time may be so far in the future, in seconds, without a wrong clock.
const AHEAD: i64 = 10 * 60;

/// All parts, the first last. Active mode is tried as IPv6 or IPv4 has it, where it is allowed at all.
pub(super) fn parts(link: &Link) -> Vec<Part> {
    use DataWay::{Active, ExtendedPassive, Passive};
    let mut parts = vec![Part::Paths, Part::RoundTrips, Part::Flight, Part::Listing];
    parts.extend([Part::Way(ExtendedPassive), Part::Way(Passive)]);
    if link.site.abilities.listen && link.site.active != ActiveMode::Never {
        parts.push(Part::Way(Active));
    }
    parts.extend([Part::Status, Part::Help, Part::SiteHelp]);
    parts.reverse();
    parts
}

impl Examine {
    /// The step that begins a part; `None` where there is nothing to do.
    pub(super) fn begin(&mut self, link: &mut Link, part: Part) -> Option<Step> {
        let step = match part {
            Part::Paths => Step::push(Enter::new(None)),
            Part::RoundTrips => Step::push(Trips::single()),
            Part::Flight if link.memory.quirks.lock_step => {
                let text =
                    "The server is known to lose commands that are sent together, so it gets one at a time.";
                self.collected.put(link, Finding::untested(Subject::Pipelining, text));
                return None;
            }
            Part::Flight => Step::push(Trips::flight()),
            Part::Listing => self.list(),
            Part::Way(way) => {
                let v6 = matches!(link.peer_address(), Some(address) if address.is_ipv6());
                let way = if way == DataWay::Active && v6 { DataWay::ExtendedActive } else { way };
                link.server.passive = None;
                link.try_only(way);
                self.list()
            }
            Part::Status => Step::push(Simple::server_status()),
            Part::Help => Step::push(Simple::help(None)),
            Part::SiteHelp => match TypedLine::new("HELP") {
                Ok(line) => Step::push(Raw::site(&line)),
                Err(_) => return None,
            },
        };
        Some(step)
    }

    fn list(&self) -> Step {
        Step::push(List::keep(self.directory.clone().unwrap_or_else(RemotePath::root)))
    }

    /// A part is done.
    pub(super) fn came(&mut self, link: &mut Link, part: Part, report: Report) {
        let took = link.now.since(self.since);
        if let Report::Rows(_, rows) = &report {
            let times = rows.entries().iter().filter_map(|entry| entry.modified);
            let newest = times.filter(|time| time.utc).map(|time| time.seconds).max();
            self.newest = self.newest.max(newest);
        }
        match (part, report) {
            (Part::Paths, Report::Directory(actual)) => {
                let finding = paths(link, &actual);
                self.directory = Some(actual);
                self.collected.put(link, finding);
            }
            (Part::RoundTrips, Report::Trips(samples)) => {
                self.single = samples.iter().sum();
                self.collected.put(link, doctor::round_trips(samples));
            }
            (Part::Flight, Report::Trips(samples)) => {
                let finding = doctor::pipelining(COUNT, samples.last().copied().unwrap_or(0), self.single);
                self.collected.put(link, finding);
            }
            (Part::Listing, Report::Rows(_, rows)) => {
                let listed = Listed {
                    machine: machine(link),
                    dialect: rows.dialect(),
                    entries: rows.entries(),
                    unread: (rows.unread(), rows.unread_count()),
                    milliseconds: took,
                };
                self.collected.put(link, doctor::listing(listed));
                self.collected.put(link, doctor::charset(link.server.features.utf8, rows.entries()));
            }
            (Part::Way(way), Report::Rows(..)) => {
                let finding = way_works(link, way, took);
                self.collected.put(link, finding);
            }
            (_, Report::Done(Outcome::Answer { lines, .. })) => {
                let room = MOST_LINES.saturating_sub(self.lines.len());
                self.lines.extend(lines.into_iter().take(room).map(doctor::shortened));
            }
            _ => {}
        }
    }

    /// A part has failed, or the connection was lost over it.
    pub(super) fn failed(&mut self, link: &mut Link, part: Part, error: &Error) {
        let lost = matches!(error.kind, ErrorKind::Lost | ErrorKind::Timeout);
        let bad = |subject, text| Finding::failed(subject, Verdict::Bad, text, error);
        let finding = match part {
            Part::Paths => bad(Subject::Paths, "Where the session stands could not be found out."),
            Part::RoundTrips => bad(Subject::RoundTrip, "The server did not answer a sign of life."),
            Part::Flight if link.memory.quirks.lock_step => Finding::failed(
                Subject::Pipelining,
                Verdict::Warning,
                "The server loses commands that are sent together; from now on it gets one at a time, which is slower.",
                error,
            ),
            Part::Flight => bad(Subject::Pipelining, "The server did not bear several commands at once."),
            Part::Listing => {
                self.data_error = Some(error.clone());
                hinted(bad(Subject::Listing, "The start directory could not be listed."), error)
            }
            Part::Way(way) => {
                self.data_error.get_or_insert_with(|| error.clone());
                self.way_fails(way, error)
            }
            Part::Status | Part::Help | Part::SiteHelp if !lost => return,
            // That it does not answer these is worth a word, though nothing depends on it.
            Part::Status | Part::Help | Part::SiteHelp => Finding::failed(
                Subject::Limits,
                Verdict::Warning,
                "The server broke off over STAT or HELP.",
                error,
            ),
        };
        self.collected.put(link, finding);
    }

    fn way_fails(&self, way: DataWay, error: &Error) -> Finding {
        let other = self.collected.of(Subject::ExtendedPassive);
        let other_works =
            other.is_some_and(|finding| matches!(finding.verdict, Verdict::Good | Verdict::Note));
        match way {
            DataWay::ExtendedPassive => {
                let refused = error.kind == ErrorKind::Refused;
                let verdict = if refused { Verdict::Note } else { Verdict::Warning };
                let text = "Data connections by EPSV do not work.";
                hinted(Finding::failed(Subject::ExtendedPassive, verdict, text, error), error)
            }
            DataWay::Passive => {
                let verdict = if other_works { Verdict::Note } else { Verdict::Bad };
                let text = "Data connections by PASV do not work.";
                hinted(Finding::failed(Subject::Passive, verdict, text, error), error)
            }
            DataWay::Active | DataWay::ExtendedActive => {
                let text = "Active mode does not work from here.";
                let mut finding = Finding::failed(Subject::Active, Verdict::Note, text, error);
                finding.text.push_str(
                    " It needs a way from the server to this side, through firewalls and address translation; passive mode does not.",
                );
                finding
            }
        }
    }

    /// What can only be said at the end.
    pub(super) fn conclude(&mut self, link: &mut Link) {
        if !link.site.abilities.listen {
            let text = "In active mode the server connects to this side, which cannot accept connections here: a web page never can, and its \
                        relay only where the relay's administrator allows it for this server.";
            self.collected.put(link, Finding::untested(Subject::Active, text));
        } else if link.site.active == ActiveMode::Never {
            let text = "The site's settings forbid active mode.";
            self.collected.put(link, Finding::untested(Subject::Active, text));
        }
        if !self.connected() {
            return;
        }
        let findings =
            [self.data_tls(link), self.clock(link), self.limits(link), doctor::quirks(&link.memory.quirks)];
        for finding in findings {
            self.collected.put(link, finding);
        }
    }

    /// There was a login at some time: what was seen then can be judged.
    fn connected(&self) -> bool {
        self.collected.of(Subject::Login).is_some_and(|finding| finding.verdict == Verdict::Good)
    }

    fn data_tls(&self, link: &Link) -> Finding {
        let find = |verdict, text: &str| Finding::new(Subject::DataTls, verdict, text);
        match (self.resumed, &self.data_error) {
            (Some(true), _) if link.memory.quirks.tls12 == Tls12::Lowered => find(
                Verdict::Note,
                "Data connections resume the TLS session of the control connection, once TLS is lowered to 1.2.",
            ),
            (Some(true), _) => find(
                Verdict::Good,
                "Data connections are encrypted and resume the TLS session of the control connection.",
            ),
            (_, Some(error)) if error.stage == Stage::Tls || wants_resumption(error) => Finding::failed(
                Subject::DataTls,
                Verdict::Bad,
                "Data connections could not be encrypted.",
                error,
            ),
            (Some(false), _) => find(
                Verdict::Note,
                "Data connections are encrypted, each with a TLS session of its own: a little slower, and servers that demand resumption \
                 would refuse them.",
            ),
            (None, _) if link.server.tls.is_none() && !self.collected.secured => Finding::untested(
                Subject::DataTls,
                "The control connection is not encrypted, so data connections are not.",
            ),
            (None, _) if link.server.logged_in && !link.server.protected => find(
                Verdict::Warning,
                "The server does not encrypt data connections: files cross the network readable.",
            ),
            (None, _) => {
                Finding::untested(Subject::DataTls, "No data connection came so far that it was encrypted.")
            }
        }
    }

    fn clock(&self, link: &Link) -> Finding {
        // Without the time of day there is nothing to compare with.
        let now = if link.site.epoch > 0 { link.wall_clock() } else { i64::MAX };
        let ahead = self.newest.map_or(0, |newest| newest.saturating_sub(now));
        if ahead > AHEAD {
            let text = format!(
                "A file bears a time that is {} minutes in the future: the server's clock or this one's may be wrong, and what is decided \
                 by times with it. Compare the two clocks.",
                ahead / 60
            );
            return Finding::new(Subject::Clock, Verdict::Warning, text);
        }
        if machine(link) {
            return Finding::new(Subject::Clock, Verdict::Good, "Times of listings are UTC (MLSD).");
        }
        let Some(minutes) = link.memory.quirks.clock_offset else {
            let why = match link.server.features.mdtm {
                true => "No file in the start directory has a time that could be compared with its MDTM.",
                false => "The server has no MDTM, by which its zone could be found out.",
            };
            return Finding::untested(Subject::Clock, why);
        };
        let text = match minutes {
            0 => "The server lists times in UTC.".to_owned(),
            _ => format!(
                "The server lists times in its own zone; {minutes} minutes are added to make them UTC."
            ),
        };
        Finding::new(Subject::Clock, Verdict::Good, text)
    }

    fn limits(&self, link: &Link) -> Finding {
        let lines: Vec<String> = link.server.welcome.iter().chain(&self.lines).cloned().collect();
        doctor::limits(&lines)
    }
}

/// A data connection that did not come about, whoever said so first, and where to look for the cause.
fn hinted(mut finding: Finding, error: &Error) -> Finding {
    let unopened = error.reply.as_deref().is_some_and(|reply| reply.starts_with("425"));
    if unopened && !wants_resumption(error) && !finding.text.contains("firewall") {
        finding.text.push_str(" A firewall may block the server's passive ports.");
    }
    finding
}

fn machine(link: &Link) -> bool {
    link.server.features.mlsd && !link.memory.quirks.no_mlsd
}

/// The server's words ask for a resumed session (rule S-4).
fn wants_resumption(error: &Error) -> bool {
    let words = error.reply.as_deref().unwrap_or_default().to_ascii_lowercase();
    error.stage == Stage::Data && ["resum", "reuse"].iter().any(|word| words.contains(word))
}

fn paths(link: &Link, actual: &RemotePath) -> Finding {
    let syntax = actual.syntax();
    let (verdict, text) = match link.full_paths() {
        true => (Verdict::Good, format!("Paths are written in the {} way.", syntax.key())),
        false => (
            Verdict::Note,
            format!(
                "Paths are written in the {} way; files are named from inside of their directory.",
                syntax.key()
            ),
        ),
    };
    Finding::new(Subject::Paths, verdict, text).with([format!("PWD: {}", escape(actual.as_bytes()))])
}

fn way_works(link: &Link, way: DataWay, took: u64) -> Finding {
    let (subject, verb) = match way {
        DataWay::ExtendedPassive => (Subject::ExtendedPassive, way.verb()),
        DataWay::Passive => (Subject::Passive, way.verb()),
        DataWay::Active | DataWay::ExtendedActive => (Subject::Active, "active mode"),
    };
    let text = format!("Data connections by {verb} work; a listing took {took} ms with it.");
    let answer = link.server.passive.as_ref();
    let finding = match answer {
        Some(data::Told { elsewhere: true, .. }) => Finding::new(
            subject,
            Verdict::Warning,
            format!(
                "{text} The server names an address that is not the one it was reached at. It is ignored here, but other clients may follow \
                 it in vain: set the server's public address in its settings for passive mode."
            ),
        ),
        _ => Finding::new(subject, Verdict::Good, text),
    };
    finding.with(answer.map(|told| told.words.clone()))
}
