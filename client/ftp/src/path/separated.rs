//! A root, then names between separators: what eight of the ten syntaxes are.

use super::ArgumentError;
use super::pathname::Pathname;
use std::marker::PhantomData;

/// How a syntax writes its roots and what it separates names with.
pub(super) trait Root {
    /// The separator that is written.
    const SEPARATOR: u8;

    /// Whether there is a tree as in Unix: `.` and `..` may stand between separators, and a leading separator means the root.
    const TREE: bool = true;

    /// Whether the byte is read as a separator. No name may hold it.
    fn separates(byte: u8) -> bool {
        byte == Self::SEPARATOR
    }

    /// The root that an absolute path begins with, in canonical form, and what follows it.
    fn root(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])>;

    /// Where a text that a user types at a path of this root starts from, and the way from there; `None` if it starts
    /// where the user stands.
    fn start<'t>(root: &[u8], text: &'t [u8]) -> Option<(Vec<u8>, &'t [u8])> {
        let leading = || Self::TREE && text.first().is_some_and(|byte| Self::separates(*byte));
        Self::root(text).or_else(|| leading().then(|| (root.to_vec(), text)))
    }
}

/// A path of such a syntax.
pub(super) struct Separated<'a, R> {
    root: Vec<u8>,
    names: Vec<&'a [u8]>,
    syntax: PhantomData<R>,
}

impl<'a, R: Root> Separated<'a, R> {
    /// Follows a way. Empty names count for nothing, and `..` stops at the root.
    fn follow(&mut self, way: &'a [u8]) {
        for name in way.split(|byte| R::separates(*byte)) {
            match name {
                b"" => {}
                b"." if R::TREE => {}
                b".." if R::TREE => drop(self.names.pop()),
                _ => self.names.push(name),
            }
        }
    }
}

impl<'a, R: Root> Pathname<'a> for Separated<'a, R> {
    fn read(bytes: &'a [u8]) -> Result<Self, ArgumentError> {
        let (root, way) = R::root(bytes).ok_or(ArgumentError::NotAbsolute)?;
        let mut path = Separated { root, names: Vec::new(), syntax: PhantomData };
        path.follow(way);
        Ok(path)
    }

    fn write(&self) -> Vec<u8> {
        let length = self.names.iter().map(|name| name.len() + 1).sum::<usize>();
        let mut text = Vec::with_capacity(self.root.len() + length);
        text.extend_from_slice(&self.root);
        for (place, name) in self.names.iter().enumerate() {
            // A root may end with a separator; a name never does.
            if place > 0 || text.last() != Some(&R::SEPARATOR) {
                text.push(R::SEPARATOR);
            }
            text.extend_from_slice(name);
        }
        text
    }

    fn child(directory: &'a [u8], name: &'a [u8]) -> Vec<u8> {
        let mut text = Vec::with_capacity(directory.len() + 1 + name.len());
        text.extend_from_slice(directory);
        if text.last() != Some(&R::SEPARATOR) {
            text.push(R::SEPARATOR);
        }
        text.extend_from_slice(name);
        text
    }

    fn pop(&mut self) -> bool {
        self.names.pop().is_some()
    }

    fn last(&self) -> Option<&[u8]> {
        self.names.last().copied()
    }

    fn depth(&self) -> usize {
        self.names.len()
    }

    fn holds(&self, other: &Self) -> bool {
        self.root == other.root
            && self.names.len() < other.names.len()
            && other.names.starts_with(&self.names)
    }

    fn change(mut self, text: &'a [u8]) -> Result<Self, ArgumentError> {
        if let Some((root, way)) = R::start(&self.root, text) {
            self.root = root;
            self.names.clear();
            self.follow(way);
        } else if text == b".." {
            self.pop();
        } else {
            self.follow(text);
        }
        Ok(self)
    }

    fn is_name(name: &[u8]) -> bool {
        !name.iter().any(|byte| R::separates(*byte))
    }
}
