//! Both trees of a synchronisation, the plan that comes of them, and its execution. What cannot be read in full on either side is left alone with all
//! that it holds: a plan must never take for missing what was only not seen.

use super::folder::{Folder, fault};
use super::work::{Machine, TreeReport};
use super::{Answered, Crew, LOCAL};
use crate::driver::{Job, Source, digest_of};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;
use towpath_ftp::conflict::Side;
use towpath_ftp::sync::{
    Base, Checksum, MOST_DEPTH, Mode, Node, Plan, RelativePath, Settings, Tree, TreeError, plan,
};
use towpath_ftp::tree::{ASK_TRIES, Execution, ExecutionSettings, LocalPath};
use towpath_ftp::{
    Charset, EntryKind, Error, ErrorKind, Item, LeftOut, Name, Outcome, PathSyntax, RemotePath, Request,
    Stage,
};

/// What is to be synchronised, and how.
#[derive(Clone)]
pub struct Scope {
    /// The root here.
    pub local: PathBuf,
    /// The root on the server.
    pub remote: RemotePath,
    /// How the server's names read.
    pub charset: Charset,
    /// How to synchronise.
    pub settings: Settings,
    /// Both sides as they were when they agreed last.
    pub base: Option<Base>,
    /// More than half of a side may be deleted.
    pub may_delete_most: bool,
}

impl Scope {
    /// One-way to the server, with the engine's defaults.
    #[must_use]
    pub fn new(local: impl Into<PathBuf>, remote: RemotePath) -> Scope {
        Scope {
            local: local.into(),
            remote,
            charset: Charset::default(),
            settings: Settings::default(),
            base: None,
            may_delete_most: false,
        }
    }
}

/// A plan, and what it was made of.
#[derive(Debug)]
pub struct Prospect {
    /// The plan.
    pub plan: Plan,
    /// Both sides as they are.
    pub trees: Base,
    /// Files here whose names cannot be sent, so that they take no part.
    pub unnamed: Vec<PathBuf>,
    /// The root on the server by its true path; `None` where it is still to be made.
    pub root: Option<RemotePath>,
}

impl Crew {
    /// What a synchronisation would do. Nothing is changed.
    ///
    /// # Errors
    /// Where a root cannot be listed in full.
    pub async fn plan(&self, scope: &Scope) -> Result<Prospect, Error> {
        let (root, remote) = self.remote_tree(scope).await?;
        let (local, unnamed) =
            self.local_tree(scope, root.as_ref().unwrap_or(&scope.remote).syntax()).await?;
        let mut trees = Base { local, remote };
        let made = |trees: &Base| plan(&trees.local, &trees.remote, scope.base.as_ref(), &scope.settings);
        let mut drawn = made(&trees);
        if !drawn.needs_checksum.is_empty() {
            self.checksums(scope, root.as_ref().unwrap_or(&scope.remote), &drawn, &mut trees).await?;
            drawn = made(&trees);
        }
        Ok(Prospect { plan: drawn, trees, unnamed, root })
    }

    /// Plans, and does what was planned.
    ///
    /// # Errors
    /// As [`Crew::plan`], and where more than half of a side would be deleted and the scope does not allow it. What fails later is in the report.
    pub async fn synchronise(&self, scope: &Scope) -> Result<(Prospect, TreeReport), Error> {
        let prospect = self.plan(scope).await?;
        let most = prospect.plan.deletes_most;
        if (most.local || most.remote) && !scope.may_delete_most {
            let text = "More than half of a side would be deleted";
            let error = Error::new(Stage::File, ErrorKind::Argument, text);
            return Err(error.with_advice("Look at the plan, and allow it if that is what you want"));
        }
        let report = self.execute(scope, &prospect).await?;
        Ok((prospect, report))
    }

    /// Does what was planned.
    ///
    /// # Errors
    /// Where the roots cannot be made.
    pub async fn execute(&self, scope: &Scope, prospect: &Prospect) -> Result<TreeReport, Error> {
        let remote = match &prospect.root {
            Some(root) => root.clone(),
            None => {
                self.ask(Request::MakeDirectories(scope.remote.clone())).await?;
                scope.remote.clone()
            }
        };
        let here = tokio::fs::create_dir_all(&scope.local).await;
        here.map_err(|error| fault("The directory here", &error))?;
        let settings = ExecutionSettings {
            remote,
            local: LocalPath::default(),
            charset: scope.charset,
            kind: LOCAL,
            delete_after_failures: false,
        };
        let execution = Execution::new(prospect.plan.clone(), settings);
        let mut report = self.carry(Machine::Plan(Box::new(execution)), &scope.local).await?;
        report.unnamed.extend(prospect.unnamed.iter().cloned());
        Ok(report)
    }

    async fn remote_tree(&self, scope: &Scope) -> Result<(Option<RemotePath>, Tree), Error> {
        let items = vec![Item { path: scope.remote.clone(), directory: true }];
        let mut tries = 0;
        let answered = loop {
            tries += 1;
            match self.ask(Request::ListTree(items.clone())).await {
                Err(error) if error.kind == ErrorKind::Lost && tries < ASK_TRIES => {}
                // One-way to the server, a root that is not there is an empty one. The other way that would delete all here.
                Err(error) if error.kind == ErrorKind::Refused && scope.settings.mode == Mode::ToRemote => {
                    return Ok((None, Tree::default()));
                }
                result => break result?,
            }
        };
        remote_nodes(answered).map(|(root, tree)| (Some(root), tree))
    }

    async fn local_tree(&self, scope: &Scope, syntax: PathSyntax) -> Result<(Tree, Vec<PathBuf>), Error> {
        let (root, charset) = (scope.local.clone(), scope.charset);
        if scope.settings.mode == Mode::ToLocal && !tokio::fs::try_exists(&root).await.unwrap_or(true) {
            return Ok((Tree::default(), Vec::new()));
        }
        let walked = tokio::task::spawn_blocking(move || local_nodes(&root, charset, syntax)).await;
        walked.map_err(|_| super::gone())?
    }

    /// Has both sides say the digests that the plan needs. What cannot be had is left out, and the plan leaves it alone.
    async fn checksums(
        &self,
        scope: &Scope,
        root: &RemotePath,
        plan: &Plan,
        trees: &mut Base,
    ) -> Result<(), Error> {
        let mut known = BTreeMap::new();
        for path in &plan.needs_checksum {
            let request = Request::Checksum { path: path.under(root), algorithm: None, range: None };
            let Ok(Outcome::Checksum(remote)) = self.ask(request).await.map(|answered| answered.outcome)
            else {
                continue;
            };
            let Some(size) = trees.local.get(path).and_then(|node| node.side.size) else { continue };
            let names: Option<Vec<String>> =
                path.names().iter().map(|name| Some(scope.charset.decode(name.as_bytes()).text)).collect();
            let file = Folder::new(&scope.local).resolve(&LocalPath(names.unwrap_or_default()));
            let Ok(file) = file else { continue };
            let Ok(source) = Source::file(file).await else { continue };
            let job = Arc::new(Mutex::new(Some(Job::Upload(source))));
            let Some(local) = digest_of(job, remote.algorithm, size).await else { continue };
            let sum = |hex: String| Checksum {
                algorithm: remote.algorithm.name().to_owned(),
                digest: hex.into_bytes(),
            };
            known.insert(path.clone(), (sum(local), sum(remote.hex)));
        }
        let with = |tree: &Tree, local: bool| {
            let nodes = tree.nodes().iter().cloned().map(|node| match known.get(&node.path) {
                Some((here, there)) => {
                    let checksum = Some(if local { here.clone() } else { there.clone() });
                    Node { checksum, ..node }
                }
                None => node,
            });
            tree_of(nodes.collect())
        };
        *trees = Base { local: with(&trees.local, true)?, remote: with(&trees.remote, false)? };
        Ok(())
    }
}

fn tree_of(nodes: Vec<Node>) -> Result<Tree, Error> {
    Tree::new(nodes).map_err(|error: TreeError| {
        Error::new(Stage::Server, ErrorKind::Protocol, format!("The tree contradicts itself: {error}"))
    })
}

/// What a side shows of something that is not gone into.
fn closed(kind: EntryKind) -> Side {
    Side { kind, size: None, modified: None }
}

/// The tree that a walk has listed, and its root by its true path.
fn remote_nodes(answered: Answered) -> Result<(RemotePath, Tree), Error> {
    let cut = || {
        let text = "The server does not list all that is there, so nothing can be planned";
        Error::new(Stage::Server, ErrorKind::Incomplete, text)
    };
    let root = answered.listed.first().map(|(path, _)| path.clone()).ok_or_else(cut)?;
    let mut places = BTreeMap::from([(root.clone(), RelativePath::default())]);
    let mut nodes = BTreeMap::new();
    for (path, entries) in &answered.listed {
        // What the walk tells is below what it told before.
        let place = places.get(path).cloned().ok_or_else(cut)?;
        for entry in entries {
            let path_below = place.join(entry.name.clone());
            if entry.kind == EntryKind::Directory {
                places.insert(path.join(&entry.name), path_below.clone());
            }
            let node = Node { path: path_below.clone(), side: Side::from(entry), checksum: None };
            if nodes.insert(path_below, node).is_some() {
                return Err(cut());
            }
        }
    }
    let mut barred = BTreeSet::new();
    for (path, reason) in &answered.left_out {
        let place = places.get(path).filter(|place| !place.names().is_empty()).ok_or_else(cut)?;
        let kind = if *reason == LeftOut::Link { EntryKind::Link } else { EntryKind::Other };
        if let Some(node) = nodes.get_mut(place) {
            node.side = closed(kind);
        }
        barred.insert(place.clone());
    }
    let open = |node: &Node| {
        !std::iter::successors(node.path.parent(), RelativePath::parent).any(|above| barred.contains(&above))
    };
    Ok((root, tree_of(nodes.into_values().filter(open).collect())?))
}

/// The tree below a root here, and what cannot be named on the server.
fn local_nodes(root: &Path, charset: Charset, syntax: PathSyntax) -> Result<(Tree, Vec<PathBuf>), Error> {
    let folder = Folder::new(root);
    let mut nodes: BTreeMap<RelativePath, Node> = BTreeMap::new();
    let mut unnamed = Vec::new();
    let mut waiting = vec![(LocalPath::default(), RelativePath::default())];
    while let Some((place, path)) = waiting.pop() {
        let rows = match folder.list(&place) {
            Ok(rows) => rows,
            Err(error) => match nodes.get_mut(&path) {
                Some(node) => {
                    node.side = closed(EntryKind::Other);
                    continue;
                }
                None => return Err(fault("The directory here", &error)),
            },
        };
        unnamed.extend(rows.unnamed);
        for row in rows.entries {
            let name = charset.encode(&row.name).ok().and_then(|bytes| Name::checked(syntax, bytes).ok());
            let here = place.join(row.name.clone());
            let Some(name) = name else {
                unnamed.push(root.join(here.0.join("/")));
                continue;
            };
            let path = path.join(name);
            let mut side = row.side;
            if side.kind == EntryKind::Directory {
                match path.names().len() < MOST_DEPTH {
                    true => waiting.push((here, path.clone())),
                    false => side = closed(EntryKind::Other),
                }
            }
            nodes.insert(path.clone(), Node { path, side, checksum: None });
        }
    }
    Ok((tree_of(nodes.into_values().collect())?, unnamed))
}
