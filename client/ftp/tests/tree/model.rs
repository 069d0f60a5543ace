//! Two file systems and a driver between them. It checks what every driver may rely on: each ask and each transfer is named once, what it
//! names can be done (a directory before what it holds), and nothing comes after the end.

use std::collections::{BTreeMap, BTreeSet};

use towpath_ftp::conflict::Side;
use towpath_ftp::tree::{
    AskId, Execution, FileEnd, FileTransfer, LOOK_AHEAD, Listing, LocalAsk, LocalEntry, LocalFile, LocalPath,
    Place, Question, Summary, TreeEvent, TreeInput, TreeOutput, TreeTransfer,
};
use towpath_ftp::{
    Direction, Entry, EntryKind, Error, ErrorKind, Modified, Name, RemotePath, Request, Stage, Time,
};

/// What a place holds. A file's text says what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Node {
    Directory,
    File(String),
    Link,
}

/// Paths without a leading `/`; the root is always there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Files(pub(crate) BTreeMap<Vec<String>, Node>);

impl Files {
    /// Lines such as `a/`, `a/b=text` and `l@`.
    pub(crate) fn of(lines: &[&str]) -> Files {
        let mut files = Files::default();
        for line in lines {
            let (path, node) = match (line.strip_suffix('/'), line.strip_suffix('@'), line.split_once('=')) {
                (Some(path), ..) => (path, Node::Directory),
                (_, Some(path), _) => (path, Node::Link),
                (_, _, Some((path, text))) => (path, Node::File(text.to_owned())),
                _ => panic!("{line}"),
            };
            files.0.insert(path.split('/').map(str::to_owned).collect(), node);
        }
        files
    }

    pub(crate) fn children(&self, at: &[String]) -> Vec<(&String, &Node)> {
        let below = self.0.range(at.to_vec()..).filter(|(path, _)| path.starts_with(at));
        below
            .filter(|(path, _)| path.len() == at.len() + 1)
            .map(|(path, node)| (&path[at.len()], node))
            .collect()
    }

    fn is_directory(&self, at: &[String]) -> bool {
        at.is_empty() || self.0.get(at) == Some(&Node::Directory)
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |(path, node): (&Vec<String>, &Node)| match node {
            Node::Directory => format!("{}/", path.join("/")),
            Node::File(text) => format!("{}={text}", path.join("/")),
            Node::Link => format!("{}@", path.join("/")),
        };
        self.0.iter().map(line).collect()
    }
}

fn side(node: &Node) -> Side {
    let time = Modified { seconds: 1_000_000, has_time: true, has_seconds: true, utc: true };
    match node {
        Node::Directory => Side { kind: EntryKind::Directory, size: None, modified: None },
        Node::Link => Side { kind: EntryKind::Link, size: None, modified: None },
        Node::File(text) => {
            Side { kind: EntryKind::File, size: Some(text.len() as u64), modified: Some(time) }
        }
    }
}

pub(crate) fn entry(name: &str, node: &Node) -> Entry {
    let side = side(node);
    let mut entry = Entry::new(Name::new(name).unwrap(), side.kind);
    (entry.size, entry.modified) = (side.size, side.modified);
    entry
}

pub(crate) fn path(text: &str) -> RemotePath {
    RemotePath::new(text).unwrap()
}

pub(crate) fn names(path: &RemotePath) -> Vec<String> {
    path.to_string().split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

pub(crate) fn error(kind: ErrorKind) -> Error {
    Error::new(Stage::Server, kind, "no")
}

/// Either machine.
pub(crate) enum Machine {
    Tree(Box<TreeTransfer>),
    Plan(Box<Execution>),
}

/// What a directory shows and what it calls itself.
pub(crate) type Shown = (RemotePath, Vec<Entry>);

/// A server that makes up its directories.
pub(crate) type Lister = Box<dyn FnMut(&RemotePath) -> Shown>;

pub(crate) struct World {
    pub(crate) machine: Machine,
    pub(crate) remote: Files,
    pub(crate) local: Files,
    pub(crate) now: Time,
    /// Lists directories of a server that is not the model's.
    pub(crate) lister: Option<Lister>,
    /// What is asked and not answered.
    pub(crate) open: BTreeMap<AskId, TreeOutput>,
    pub(crate) cancelled: BTreeSet<AskId>,
    pub(crate) scratch: BTreeMap<AskId, String>,
    named: BTreeSet<AskId>,
    pub(crate) questions: Vec<(AskId, Question)>,
    pub(crate) events: Vec<TreeEvent>,
    pub(crate) summary: Option<Summary>,
    pub(crate) most_files: usize,
    /// All requests and local asks, in their order.
    pub(crate) log: Vec<String>,
}

impl World {
    pub(crate) fn new(machine: Machine, remote: Files, local: Files) -> World {
        World {
            machine,
            remote,
            local,
            now: Time(1_000),
            lister: None,
            open: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            scratch: BTreeMap::new(),
            named: BTreeSet::new(),
            questions: Vec::new(),
            events: Vec::new(),
            summary: None,
            most_files: 0,
            log: Vec::new(),
        }
    }

    pub(crate) fn tree(tree: TreeTransfer, remote: Files, local: Files) -> World {
        World::new(Machine::Tree(Box::new(tree)), remote, local)
    }

    /// One input and its drain.
    pub(crate) fn give(&mut self, input: TreeInput) {
        self.now = self.now.after(10);
        match &mut self.machine {
            Machine::Tree(tree) => tree.handle(self.now, input),
            Machine::Plan(plan) => plan.handle(self.now, input),
        }
        loop {
            let output = match &mut self.machine {
                Machine::Tree(tree) => tree.poll(),
                Machine::Plan(plan) => plan.poll(),
            };
            match output {
                TreeOutput::Wait(_) => break,
                output => self.output(output),
            }
        }
        if let Machine::Tree(tree) = &self.machine {
            self.most_files = self.most_files.max(tree.files_ahead());
            assert!(tree.files_ahead() <= LOOK_AHEAD);
        }
    }

    fn output(&mut self, output: TreeOutput) {
        assert!(self.summary.is_none(), "{output:?} after the end");
        match output {
            TreeOutput::Ask(id, _) | TreeOutput::Local(id, _) | TreeOutput::Transfer(id, _) => {
                assert!(self.named.insert(id), "{id:?} is named twice");
                self.log.push(written(&output));
                self.open.insert(id, output);
            }
            TreeOutput::Cancel(id) => {
                assert!(self.open.contains_key(&id), "{id:?} has ended");
                assert!(self.cancelled.insert(id));
            }
            TreeOutput::Hold(id, _) => assert!(self.open.contains_key(&id)),
            TreeOutput::Discard(id) => {
                self.scratch.remove(&id);
            }
            TreeOutput::Event(TreeEvent::Asked(id, question)) => self.questions.push((id, question)),
            TreeOutput::Event(TreeEvent::Ended(summary)) => {
                assert!(self.open.is_empty(), "it ended before {:?}", self.open);
                self.summary = Some(summary);
            }
            TreeOutput::Event(event) => self.events.push(event),
            TreeOutput::Wait(_) => unreachable!("handled by the drain"),
        }
    }

    pub(crate) fn begin(&mut self) {
        self.give(TreeInput::Tick);
    }

    /// Does what is asked, first come first served, until nothing is.
    pub(crate) fn run(&mut self) {
        while let Some(id) = self.open.keys().next().copied() {
            self.succeed(id);
        }
    }

    #[track_caller]
    pub(crate) fn end(&mut self) -> Summary {
        self.run();
        self.summary.clone().unwrap_or_else(|| panic!("it hangs: {:?}", self.log))
    }

    pub(crate) fn fail(&mut self, id: AskId, error: Error) {
        let input = match self.open.remove(&id).expect("it is open") {
            TreeOutput::Ask(id, Request::List(_)) | TreeOutput::Local(id, LocalAsk::List(_)) => {
                TreeInput::Listed(id, Err(error))
            }
            TreeOutput::Transfer(id, _) if self.cancelled.contains(&id) => {
                TreeInput::Ended(id, FileEnd::Cancelled)
            }
            TreeOutput::Transfer(id, _) => TreeInput::Ended(id, FileEnd::Failed(error)),
            _ => TreeInput::Done(id, Err(error)),
        };
        self.give(input);
    }

    pub(crate) fn succeed(&mut self, id: AskId) {
        let input = match self.open.remove(&id).expect("it is open") {
            TreeOutput::Ask(id, Request::List(Some(path))) => TreeInput::Listed(id, Ok(self.list(&path))),
            TreeOutput::Ask(id, Request::MakeDirectories(path)) => {
                let names = names(&path);
                for end in 1..=names.len() {
                    let old = self.remote.0.entry(names[..end].to_vec()).or_insert(Node::Directory);
                    assert_eq!(old, &Node::Directory, "{path}");
                }
                TreeInput::Done(id, Ok(()))
            }
            TreeOutput::Ask(id, Request::CopyOnServer { from, to }) => {
                let text = self.remote.0.get(&names(&from)).expect("it is there").clone();
                put(&mut self.remote, names(&to), text);
                TreeInput::Done(id, Ok(()))
            }
            TreeOutput::Ask(id, Request::DeleteFile(path)) => {
                let old = self.remote.0.remove(&names(&path));
                assert!(matches!(old, Some(Node::File(_))), "{path}");
                TreeInput::Done(id, Ok(()))
            }
            TreeOutput::Ask(id, Request::RemoveDirectory(path)) => {
                assert!(self.remote.children(&names(&path)).is_empty());
                assert_eq!(self.remote.0.remove(&names(&path)), Some(Node::Directory));
                TreeInput::Done(id, Ok(()))
            }
            TreeOutput::Local(id, ask) => self.local_ask(id, ask),
            TreeOutput::Transfer(id, transfer) => TreeInput::Ended(id, FileEnd::Done(self.moved(transfer))),
            output => panic!("{output:?}"),
        };
        self.give(input);
    }

    fn local_ask(&mut self, id: AskId, ask: LocalAsk) -> TreeInput {
        match ask {
            LocalAsk::List(LocalPath(at)) => {
                if !self.local.is_directory(&at) {
                    // A link that a person took for a directory.
                    assert_eq!(self.local.0.get(&at), Some(&Node::Link), "{at:?}");
                    return TreeInput::Listed(id, Err(error(ErrorKind::File)));
                }
                let entries = self.local.children(&at).into_iter();
                let entries = entries.map(|(name, node)| LocalEntry { name: name.clone(), side: side(node) });
                return TreeInput::Listed(id, Ok(Listing::Local(entries.collect())));
            }
            LocalAsk::MakeDirectory(LocalPath(at)) => {
                assert!(self.local.is_directory(&at[..at.len() - 1]), "{at:?}");
                let old = self.local.0.entry(at).or_insert(Node::Directory);
                assert_eq!(old, &Node::Directory);
            }
            LocalAsk::DeleteFile(LocalPath(at)) => {
                assert!(matches!(self.local.0.remove(&at), Some(Node::File(_))));
            }
            LocalAsk::RemoveDirectory(LocalPath(at)) => {
                assert!(self.local.children(&at).is_empty());
                assert_eq!(self.local.0.remove(&at), Some(Node::Directory));
            }
        }
        TreeInput::Done(id, Ok(()))
    }

    fn list(&mut self, path: &RemotePath) -> Listing {
        let (path, entries) = match &mut self.lister {
            Some(lister) => lister(path),
            None => {
                let at = names(path);
                assert!(self.remote.is_directory(&at), "{path}");
                let rows = self.remote.children(&at).into_iter();
                (path.clone(), rows.map(|(name, node)| entry(name, node)).collect())
            }
        };
        Listing::Remote { path, entries, truncated: false }
    }

    fn moved(&mut self, transfer: FileTransfer) -> u64 {
        let remote = names(&transfer.remote);
        let text = match (&transfer.local, transfer.direction) {
            (_, Direction::Download) if self.lister.is_some() => "generated".to_owned(),
            (_, Direction::Download) => text(&self.remote, &remote),
            (LocalFile::At(LocalPath(at)), _) => text(&self.local, at),
            (LocalFile::Scratch(id), _) => self.scratch[id].clone(),
        };
        let bytes = text.len() as u64 - transfer.offset;
        match (transfer.direction, transfer.local) {
            (Direction::Download, LocalFile::At(LocalPath(at))) => {
                check(&self.local, &at, &transfer.overwrite);
                put(&mut self.local, at, Node::File(text));
            }
            (Direction::Download, LocalFile::Scratch(id)) => {
                self.scratch.insert(id, text);
            }
            _ => {
                check(&self.remote, &remote, &transfer.overwrite);
                put(&mut self.remote, remote, Node::File(text));
            }
        }
        bytes
    }

    pub(crate) fn answer(&mut self, answer: towpath_ftp::tree::Answer, all: bool) -> Question {
        let (id, question) = self.questions.pop().expect("a question");
        self.give(TreeInput::Answer(id, answer, all));
        question
    }

    /// Places that were left out, in their order.
    pub(crate) fn left(summary: &Summary) -> Vec<String> {
        summary.left_out.iter().map(|(place, _)| place.to_string()).collect()
    }
}

pub(crate) fn written(output: &TreeOutput) -> String {
    match output {
        TreeOutput::Ask(_, Request::List(Some(path))) => format!("list {path}"),
        TreeOutput::Ask(_, Request::MakeDirectories(path)) => format!("make {path}"),
        TreeOutput::Ask(_, Request::CopyOnServer { from, to }) => format!("copy {from} {to}"),
        TreeOutput::Ask(_, Request::DeleteFile(path)) => format!("delete {path}"),
        TreeOutput::Ask(_, Request::RemoveDirectory(path)) => format!("remove {path}"),
        TreeOutput::Transfer(_, transfer) => {
            let way = if transfer.direction == Direction::Download { "get" } else { "put" };
            format!("{way} {}", transfer.remote)
        }
        TreeOutput::Local(_, LocalAsk::List(at)) => format!("list here {}", Place::Local(at.clone())),
        TreeOutput::Local(_, LocalAsk::MakeDirectory(at)) => {
            format!("make here {}", Place::Local(at.clone()))
        }
        TreeOutput::Local(_, LocalAsk::DeleteFile(at)) => format!("delete here {}", Place::Local(at.clone())),
        TreeOutput::Local(_, LocalAsk::RemoveDirectory(at)) => {
            format!("remove here {}", Place::Local(at.clone()))
        }
        output => panic!("{output:?}"),
    }
}

fn text(files: &Files, at: &[String]) -> String {
    match files.0.get(at) {
        Some(Node::File(text)) => text.clone(),
        Some(Node::Link) => "linked".to_owned(),
        other => panic!("{at:?} is {other:?}"),
    }
}

/// Nothing is replaced that nobody spoke of.
fn check(files: &Files, at: &[String], overwrite: &bool) {
    assert!(*overwrite || !files.0.contains_key(at), "{at:?} is overwritten silently");
}

fn put(files: &mut Files, at: Vec<String>, node: Node) {
    assert!(files.is_directory(&at[..at.len() - 1]), "{at:?} has no directory");
    assert!(files.0.get(&at) != Some(&Node::Directory), "{at:?} is a directory");
    files.0.insert(at, node);
}
