//! z/OS data sets. `'A.B.'` is a level of the catalogue, under which data sets lie; `'A.B'` is a data set, and if it is partitioned a directory
//! of members `'A.B(M)'`. The quotes make a name whole; without them it is relative.
//!
//! A child of `'A.'` is `'A.B'`: what a listing shows are data sets, and if it is no more than a level, CWD takes the name without the dot
//! as well and PWD then tells it with one. A listing of `'A.'` shows `B.C` as one name; its path is the same as that of `C` in `'A.B.'`,
//! so its parent is that level.

use super::ArgumentError;
use super::pathname::Pathname;

/// MVS.
pub(super) struct Mvs<'a> {
    qualifiers: Vec<&'a [u8]>,
    /// A level and not a data set; the root is one.
    level: bool,
    /// The member, and whatever was joined to that, which no server has.
    members: Vec<&'a [u8]>,
}

impl<'a> Mvs<'a> {
    /// Reads what may follow a level: `A.B`, `A.B.` or `A.B(M)`.
    fn follow(&mut self, text: &'a [u8]) -> Result<(), ArgumentError> {
        let start = text.iter().position(|byte| *byte == b'(').unwrap_or(text.len());
        let (qualifiers, members) = text.split_at(start);
        let (qualifiers, level) = match qualifiers.strip_suffix(b".") {
            Some(qualifiers) => (qualifiers, true),
            None => (qualifiers, false),
        };
        for qualifier in qualifiers.split(|byte| *byte == b'.') {
            if qualifier.is_empty() || !is_word(qualifier) {
                return Err(ArgumentError::Malformed);
            }
            self.qualifiers.push(qualifier);
        }
        if level && !members.is_empty() {
            return Err(ArgumentError::Malformed);
        }
        self.level = level;
        self.enter(members)
    }

    /// Reads `(M)`; also nothing, and more of the kind.
    fn enter(&mut self, text: &'a [u8]) -> Result<(), ArgumentError> {
        if text.is_empty() {
            return Ok(());
        }
        let inner = text.strip_prefix(b"(").and_then(|text| text.strip_suffix(b")"));
        for member in inner.ok_or(ArgumentError::Malformed)?.split(|byte| *byte == b')') {
            let member = match member.strip_prefix(b"(") {
                Some(member) if !self.members.is_empty() => member,
                _ => member,
            };
            if member.is_empty() || !is_word(member) {
                return Err(ArgumentError::Malformed);
            }
            self.members.push(member);
        }
        Ok(())
    }

    fn text(&self, level: bool) -> Vec<u8> {
        let mut text = b"'".to_vec();
        text.extend_from_slice(&self.qualifiers.join(&b'.'));
        if level && !self.qualifiers.is_empty() {
            text.push(b'.');
        }
        for member in &self.members {
            text.push(b'(');
            text.extend_from_slice(member);
            text.push(b')');
        }
        text.push(b'\'');
        text
    }
}

impl<'a> Pathname<'a> for Mvs<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, ArgumentError> {
        let inner = bytes.strip_prefix(b"'").ok_or(ArgumentError::NotAbsolute)?;
        let inner = inner.strip_suffix(b"'").ok_or(ArgumentError::Malformed)?;
        let mut path = Mvs { qualifiers: Vec::new(), level: true, members: Vec::new() };
        if !inner.is_empty() {
            path.follow(inner)?;
        }
        Ok(path)
    }

    fn write(&self) -> Vec<u8> {
        self.text(self.level)
    }

    fn write_file(&self) -> Vec<u8> {
        self.text(false)
    }

    fn child(directory: &'a [u8], name: &'a [u8]) -> Vec<u8> {
        let Ok(mut path) = Mvs::read(directory) else { return [directory, name].concat() };
        if path.level {
            path.qualifiers.push(name);
            path.level = false;
        } else {
            path.members.push(name);
        }
        path.write()
    }

    fn pop(&mut self) -> bool {
        if self.members.pop().is_some() {
            return true;
        }
        self.level = true;
        self.qualifiers.pop().is_some()
    }

    fn last(&self) -> Option<&[u8]> {
        self.members.last().or(self.qualifiers.last()).copied()
    }

    fn depth(&self) -> usize {
        self.qualifiers.len() + self.members.len()
    }

    fn holds(&self, other: &Self) -> bool {
        if self.level {
            return self.qualifiers.len() < other.qualifiers.len()
                && other.qualifiers.starts_with(&self.qualifiers);
        }
        self.qualifiers == other.qualifiers
            && self.members.len() < other.members.len()
            && other.members.starts_with(&self.members)
    }

    /// From a data set a word is a member; `A.B` would be a data set below a data set, which there is not.
    fn change(mut self, text: &'a [u8]) -> Result<Self, ArgumentError> {
        match text {
            [b'\'', ..] => Mvs::read(text),
            b"." => Ok(self),
            b".." => {
                self.pop();
                Ok(self)
            }
            _ if self.level => {
                self.follow(text)?;
                Ok(self)
            }
            [b'(', ..] => {
                self.enter(text)?;
                Ok(self)
            }
            _ if is_word(text) && !text.contains(&b'.') => {
                self.members.push(text);
                Ok(self)
            }
            _ => Err(ArgumentError::NotAName),
        }
    }

    /// A qualifier, several with dots between them, or a member.
    fn is_name(name: &[u8]) -> bool {
        is_word(name) && name.split(|byte| *byte == b'.').all(|qualifier| !qualifier.is_empty())
    }
}

/// Whether nothing in it ends a name.
fn is_word(text: &[u8]) -> bool {
    !text.iter().any(|byte| matches!(byte, b'\'' | b'(' | b')' | b' '))
}
