//! What one side holds, as a sorted listing.

use thiserror::Error;

use crate::conflict::Side;
use crate::entry::EntryKind;

use super::path::{MOST_DEPTH, RelativePath};

/// Most nodes of a tree.
pub const MOST_NODES: usize = 4_000_000;

/// A file's digest, as it came from a HASH command or was computed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Checksum {
    /// Its algorithm, such as `SHA-256`. Digests of different ones are not compared.
    pub algorithm: String,
    /// Its bytes.
    pub digest: Vec<u8>,
}

/// Something in a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Where.
    pub path: RelativePath,
    /// What is known of it.
    pub side: Side,
    /// Its digest, where the caller has one.
    pub checksum: Option<Checksum>,
}

/// Why nodes make no tree.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum TreeError {
    /// The same path twice.
    #[error("{0} is listed twice")]
    Twice(RelativePath),
    /// Something below what is no directory.
    #[error("{0} lies below something that is no directory")]
    NotADirectory(RelativePath),
    /// Deeper than [`MOST_DEPTH`].
    #[error("{0} lies too deep")]
    TooDeep(RelativePath),
    /// More than [`MOST_NODES`].
    #[error("there are more than {MOST_NODES} files and directories")]
    TooMany,
}

/// The nodes below a root, sorted by path, each directory before what it holds. Plain data, to be kept as the state that two-way
/// synchronisation remembers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tree(Vec<Node>);

impl Tree {
    /// Sorts nodes into a tree. Directories that hold nodes and are not listed themselves are added; the root is left out.
    ///
    /// # Errors
    /// [`TreeError`]: a listing that contradicts itself is no ground for a plan.
    pub fn new(mut nodes: Vec<Node>) -> Result<Tree, TreeError> {
        nodes.retain(|node| !node.path.names().is_empty());
        nodes.sort_by(|one, other| one.path.cmp(&other.path));
        let mut tree: Vec<Node> = Vec::with_capacity(nodes.len());
        // The directories that are open: the last node's and those above it.
        let mut open: Vec<RelativePath> = Vec::new();
        for node in nodes {
            if node.path.names().len() > MOST_DEPTH {
                return Err(TreeError::TooDeep(node.path));
            }
            if tree.last().is_some_and(|last| last.path == node.path) {
                return Err(TreeError::Twice(node.path));
            }
            open.retain(|directory| node.path.is_below(directory));
            let blocked = tree
                .last()
                .is_some_and(|last| last.side.kind != EntryKind::Directory && node.path.is_below(&last.path));
            if blocked {
                return Err(TreeError::NotADirectory(node.path));
            }
            for depth in open.len() + 1..node.path.names().len() {
                let path = RelativePath::new(node.path.names()[..depth].to_vec());
                open.push(path.clone());
                let side = Side { kind: EntryKind::Directory, size: None, modified: None };
                tree.push(Node { path, side, checksum: None });
            }
            if node.side.kind == EntryKind::Directory {
                open.push(node.path.clone());
            }
            tree.push(node);
            if tree.len() > MOST_NODES {
                return Err(TreeError::TooMany);
            }
        }
        Ok(Tree(tree))
    }

    /// The nodes, in order.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.0
    }

    /// The node at a path.
    #[must_use]
    pub fn get(&self, path: &RelativePath) -> Option<&Node> {
        self.0.binary_search_by(|node| node.path.cmp(path)).ok().and_then(|at| self.0.get(at))
    }
}
