//! Which dialect a line is of. One dialect can be asked for; else the evidence decides: nearly every line shows it by itself, so that mixed
//! listings are read too. What a line alone does not show, the lines around it do: rests of entries, headers, dates, and whether there is
//! anything but names.

use super::dialect::Dialect;
use super::held::Held;
use super::order::Choice;
use super::row::Row;
use super::scene::Scene;
use super::unread::Unread;
use super::words::{Words, is_blank};
use super::{
    dos, enterprise, eplf, mlsd, mpe, mvs, name_first, netware, nonstop, numeric, os2, os400, unix, vms,
    vxworks, zvm,
};
use crate::entry::{Entry, EntryKind};

/// Names alone that wait for another kind of line, which would show that they are none.
const MOST_NAMES: usize = 1_000;
/// Longest name that is taken for one where nothing else is on its line.
const LONGEST_NAME: usize = 255;

/// The order in which dialects are tried: those first whose lines cannot be of another.
const TRIED: [Dialect; 16] = [
    Dialect::Unix,
    Dialect::Eplf,
    Dialect::NetWare,
    Dialect::Enterprise,
    Dialect::Facts,
    Dialect::Numeric,
    Dialect::Dos,
    Dialect::Os2,
    Dialect::VxWorks,
    Dialect::Vms,
    Dialect::Mvs,
    Dialect::Os400,
    Dialect::NonStop,
    Dialect::ZVm,
    Dialect::Mpe,
    Dialect::NameFirst,
];

/// Where rows go.
pub(super) struct Sink<'a> {
    pub(super) out: &'a mut Vec<Entry>,
    pub(super) count: &'a mut u64,
    pub(super) unread: &'a mut Unread,
}

impl Sink<'_> {
    pub(super) fn entry(&mut self, entry: Entry) {
        *self.count += 1;
        self.out.push(entry);
    }
}

/// A line whose rest may be below, and its entry if it is one already.
#[derive(Debug)]
struct Pending {
    line: Vec<u8>,
    entry: Option<Entry>,
}

/// Reads the lines of LIST.
#[derive(Debug)]
pub(super) struct Reader {
    scene: Scene,
    forced: Option<Dialect>,
    hint: Option<Dialect>,
    /// That of the line before.
    last: Option<Dialect>,
    /// Lines of each dialect, in the order of [`Dialect::ALL`].
    counts: [u32; Dialect::ALL.len()],
    pending: Option<Pending>,
    /// Names of VMS come once for each version.
    version_of: Vec<u8>,
    /// The listing is one of members of a partitioned dataset.
    members: bool,
    /// Names alone, while nothing else has come.
    names: Vec<Vec<u8>>,
    /// Whether something else has come.
    others: bool,
    held: Held,
}

impl Reader {
    /// By the evidence.
    pub(super) fn automatic(hint: Option<Dialect>, now: i64) -> Reader {
        Reader {
            scene: Scene::new(now),
            forced: None,
            hint,
            last: None,
            counts: [0; Dialect::ALL.len()],
            pending: None,
            version_of: Vec::new(),
            members: hint == Some(Dialect::Mvs),
            names: Vec::new(),
            others: false,
            held: Held::default(),
        }
    }

    /// As one dialect.
    pub(super) fn forced(dialect: Dialect, now: i64) -> Reader {
        Reader { forced: Some(dialect), members: dialect == Dialect::Mvs, ..Reader::automatic(None, now) }
    }

    /// The path of the directory.
    pub(super) fn within(&mut self, directory: &[u8]) {
        self.scene.set_directory(directory);
    }

    /// The dialect of most lines.
    pub(super) fn dialect(&self) -> Option<Dialect> {
        let (place, count) =
            self.counts.iter().enumerate().max_by_key(|(place, count)| (**count, usize::MAX - place))?;
        Dialect::ALL.get(place).copied().filter(|_| *count > 0)
    }

    /// Takes a line.
    pub(super) fn line(&mut self, line: &[u8], sink: &mut Sink<'_>) {
        if self.pending.is_some() && self.go_on(line, sink) {
            return;
        }
        if self.forced == Some(Dialect::Names) {
            self.name(line, sink);
            return;
        }
        if self.last == Some(Dialect::Names) {
            self.name(alone(line), sink);
            return;
        }
        let words = Words::new(line);
        match self.read(&words, line) {
            Some((Dialect::Vms, Row::Entry(entry))) if vms::may_go_on(&words) => {
                self.pending = Some(Pending { line: line.to_vec(), entry: Some(entry) });
            }
            Some((dialect, row)) => {
                let choice = self.scene.choice.take();
                self.accept(dialect, row, choice, sink);
            }
            None if words.len() == 0 => {}
            None if words.len() == 1 || vms::is_name_alone(&words) => {
                self.pending = Some(Pending { line: line.to_vec(), entry: None });
            }
            None => self.unread(line, sink),
        }
    }

    /// The listing has ended.
    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) {
        if let Some(pending) = self.pending.take() {
            self.stands(pending, sink);
        }
        // One word alone may be a message.
        if self.names.len() > 1 {
            self.all_names(sink);
        } else {
            self.no_names(sink);
        }
        self.held.give(self.scene.orders, |entry| sink.entry(entry));
    }

    /// Takes this line for the rest of the one before, if it is; `false`: it is a line of its own, and the one before has been dealt with.
    fn go_on(&mut self, line: &[u8], sink: &mut Sink<'_>) -> bool {
        let Some(mut pending) = self.pending.take() else { return false };
        let words = Words::new(line);
        let joined = [&pending.line[..], b" ", line].concat();
        let both = Words::new(&joined);
        if let Some(entry) = &mut pending.entry {
            if !vms::is_rest(&words, line) {
                self.stands(pending, sink);
                return false;
            }
            let Some(Row::Entry(whole)) = vms::read(&both, &mut self.scene, &mut Vec::new()) else {
                self.stands(pending, sink);
                return false;
            };
            // The name was found when its version was looked at.
            let entry = Entry { name: entry.name.clone(), kind: entry.kind, ..whole };
            let whole = Pending { line: joined.clone(), entry: Some(entry) };
            if vms::may_go_on(&both) && joined.len() <= super::MAX_LINE {
                self.pending = Some(whole);
            } else {
                self.stands(whole, sink);
            }
            return true;
        }
        let may = |dialect: Dialect| self.forced.is_none_or(|forced| forced == dialect);
        if may(Dialect::Vms)
            && vms::is_name_alone(&Words::new(&pending.line))
            && let Some(Row::Entry(entry)) = vms::read(&both, &mut self.scene, &mut self.version_of)
        {
            let whole = Pending { line: joined.clone(), entry: Some(entry) };
            if vms::may_go_on(&both) {
                self.pending = Some(whole);
            } else {
                self.stands(whole, sink);
            }
            return true;
        }
        if may(Dialect::NameFirst)
            && line.first().copied().is_some_and(is_blank)
            && !pending.line.first().copied().is_some_and(is_blank)
            && self.read(&words, line).is_none()
        {
            self.scene.choice = None;
            if let Some(row) = name_first::read(&both, &joined, &mut self.scene) {
                let choice = self.scene.choice.take();
                self.accept(Dialect::NameFirst, row, choice, sink);
                return true;
            }
        }
        self.stands(pending, sink);
        false
    }

    /// A line that waited has no more to come.
    fn stands(&mut self, pending: Pending, sink: &mut Sink<'_>) {
        match pending.entry {
            Some(entry) => self.accept(Dialect::Vms, Row::Entry(entry), None, sink),
            None => self.unread(&pending.line, sink),
        }
    }

    /// The dialect of a line and what it means.
    fn read(&mut self, words: &Words<'_>, line: &[u8]) -> Option<(Dialect, Row)> {
        if let Some(dialect) = self.forced {
            return self.attempt(dialect, words, line).map(|row| (dialect, row));
        }
        // That of the line before is nearly always that of this one, and the hint comes next. Dialects of few signs wait for their turn.
        let sure =
            |dialect: &Dialect| !matches!(dialect, Dialect::NameFirst | Dialect::Names | Dialect::VxWorks);
        let first = [self.last.filter(sure), self.hint.filter(sure)];
        let first = if first[0] == first[1] { [first[0], None] } else { first };
        for dialect in first.into_iter().flatten() {
            if let Some(row) = self.attempt(dialect, words, line) {
                return Some((dialect, row));
            }
        }
        TRIED.into_iter().filter(|dialect| !first.contains(&Some(*dialect))).find_map(|dialect| {
            let row = self.attempt(dialect, words, line)?;
            Some((dialect, row))
        })
    }

    fn attempt(&mut self, dialect: Dialect, words: &Words<'_>, line: &[u8]) -> Option<Row> {
        let scene = &mut self.scene;
        scene.choice = None;
        match dialect {
            Dialect::Facts if self.forced.is_some() => mlsd::read(line, scene),
            Dialect::Facts => mlsd::read_in_list(line, scene),
            Dialect::Eplf => eplf::read(line),
            Dialect::Unix => unix::read(words, line, scene),
            Dialect::Dos => dos::read(words, line, scene),
            Dialect::Vms => vms::read(words, scene, &mut self.version_of),
            Dialect::Mvs if mvs::is_padded_member(words, line) => {
                Row::of(words.at(0), EntryKind::File, |_| ())
            }
            Dialect::Mvs => mvs::read(words, scene, &mut self.members),
            Dialect::Os400 => os400::read(words, scene),
            Dialect::ZVm => zvm::read(words, scene),
            Dialect::NetWare => netware::read(words, line, scene),
            Dialect::Os2 => os2::read(words, scene),
            Dialect::VxWorks => vxworks::read(words, scene),
            Dialect::NonStop => nonstop::read(words, scene),
            Dialect::Mpe => mpe::read(words),
            Dialect::Enterprise => enterprise::read(words, scene),
            Dialect::Numeric => numeric::read(words, scene),
            Dialect::NameFirst => name_first::read(words, line, scene),
            Dialect::Names => Row::of(line, EntryKind::Other, |_| ()),
        }
    }

    fn accept(&mut self, dialect: Dialect, row: Row, choice: Option<Choice>, sink: &mut Sink<'_>) {
        let Row::Entry(entry) = row else { return };
        self.others = true;
        self.no_names(sink);
        self.found(dialect, entry, choice, sink);
    }

    fn found(&mut self, dialect: Dialect, entry: Entry, choice: Option<Choice>, sink: &mut Sink<'_>) {
        self.last = Some(dialect);
        if let Some(count) = self.counts.get_mut(dialect as usize) {
            *count += 1;
        }
        self.held.add(entry, choice, &mut self.scene.orders, |entry| sink.entry(entry));
    }

    /// A line that no dialect has read. It is a name where all are.
    fn unread(&mut self, line: &[u8], sink: &mut Sink<'_>) {
        let name = alone(line);
        if matches!(name, b"." | b"..") {
            return;
        }
        let is_name = name.len() <= LONGEST_NAME
            && !name.iter().any(|byte| is_blank(*byte) || matches!(byte, b'/' | 0));
        if self.others || self.forced.is_some() || !is_name {
            self.others = true;
            self.no_names(sink);
            sink.unread.add(line);
            return;
        }
        self.names.push(name.to_vec());
        if self.names.len() >= MOST_NAMES {
            self.all_names(sink);
        }
    }

    /// There is nothing but names.
    fn all_names(&mut self, sink: &mut Sink<'_>) {
        for name in std::mem::take(&mut self.names) {
            self.name(&name, sink);
        }
    }

    /// There is something else, so what looked like names is unread; but members without statistics stand among those that have them.
    fn no_names(&mut self, sink: &mut Sink<'_>) {
        for name in std::mem::take(&mut self.names) {
            match Row::of(&name, EntryKind::File, |_| ()) {
                Some(Row::Entry(entry)) if self.members && mvs::is_member(&name) => {
                    self.found(Dialect::Mvs, entry, None, sink)
                }
                _ => sink.unread.add(&name),
            }
        }
    }

    fn name(&mut self, line: &[u8], sink: &mut Sink<'_>) {
        match Row::of(line, EntryKind::Other, |_| ()) {
            Some(Row::Entry(entry)) => self.found(Dialect::Names, entry, None, sink),
            Some(Row::Nothing) => {}
            None => sink.unread.add(line),
        }
    }
}

/// The name of a line that has nothing else: some put a blank before it, or fill it up.
fn alone(line: &[u8]) -> &[u8] {
    line.strip_prefix(b" ").unwrap_or(line).trim_ascii_end()
}
