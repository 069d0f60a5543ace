//! OpenVMS: `DEVICE:[A.B]FILE.TYPE;1`. Directories stand in brackets, and the files they are kept in, `B.DIR;1`, are never named.
//!
//! A name is kept as the server lists it, with the escapes of ODS-5: `^.` is a dot that is no separator, and `^` makes whatever follows part
//! of the name. A name with a dot or semicolon that is not escaped is a file's, so a path that ends in it is written `[A]F.X;1`, and one
//! that ends in another `[A.F]`, which is what CWD takes; [`Pathname::write_file`] writes that one `[A]F`. What can be in a
//! name but not stand in brackets is written there in hexadecimal (`^2E` for a dot), so that every text leads back to the same names.
//!
//! A device alone, such as `SYS$LOGIN:`, is no path here: it may be a logical name for any directory, and `SYS$LOGIN:[000000]` is another.

use super::ArgumentError;
use super::pathname::Pathname;
use std::borrow::Cow;

/// The directory of a device that holds all others, itself too.
const ROOT: &[u8] = b"000000";

/// VMS.
pub(super) struct Vms<'a> {
    /// With its colon; empty for the default device. A node may stand before it: `NODE::DEVICE:`.
    device: &'a [u8],
    names: Vec<Cow<'a, [u8]>>,
}

impl<'a> Vms<'a> {
    /// Follows `[A.B]FILE.TYPE` or `[A.][B]`. Relative ones begin with a dot or with `-` for each step up.
    fn follow(&mut self, text: &'a [u8], relative: bool) -> Result<(), ArgumentError> {
        let mut rest = text;
        let mut first = true;
        while let [b'[' | b'<', inner @ ..] = rest {
            let end = unescaped(inner, |byte| matches!(byte, b']' | b'>')).ok_or(ArgumentError::Malformed)?;
            rest = &inner[end + 1..];
            self.levels(&inner[..end], relative && first)?;
            first = false;
        }
        if unescaped(rest, |byte| matches!(byte, b'[' | b']' | b'<' | b'>')).is_some() {
            return Err(ArgumentError::Malformed);
        }
        if !(rest.is_empty() || (rest == ROOT && self.names.is_empty())) {
            self.names.push(decoded(rest));
        }
        Ok(())
    }

    /// What stands between one pair of brackets. A dot at the end means that another pair follows, or should.
    fn levels(&mut self, inner: &'a [u8], relative: bool) -> Result<(), ArgumentError> {
        let mut rest = Some(inner);
        let mut first = true;
        while let Some(text) = rest {
            let end = unescaped(text, |byte| byte == b'.');
            let level = &text[..end.unwrap_or(text.len())];
            rest = end.map(|end| &text[end + 1..]);
            match level {
                b"" if first && relative => {}
                b"" if !first && rest.is_none() => {}
                b"" => return Err(if first { ArgumentError::NotAbsolute } else { ArgumentError::Malformed }),
                ROOT if first || self.names.is_empty() => {}
                dashes if dashes.iter().all(|byte| *byte == b'-') => {
                    if first && !relative {
                        return Err(ArgumentError::NotAbsolute);
                    }
                    self.names.truncate(self.names.len().saturating_sub(dashes.len()));
                }
                name => self.names.push(decoded(name)),
            }
            first = false;
        }
        Ok(())
    }

    /// The text in which these names are directories.
    fn brackets(&self, names: &[Cow<'a, [u8]>]) -> Vec<u8> {
        let mut text = [self.device, b"["].concat();
        for (place, name) in names.iter().enumerate() {
            if place > 0 {
                text.push(b'.');
            }
            let up = name.iter().all(|byte| *byte == b'-');
            let hidden =
                |byte| matches!(byte, b'.' | b';' | b'[' | b']' | b'<' | b'>') || (up && byte == b'-');
            encode(name, hidden, &mut text);
        }
        if names.is_empty() {
            text.extend_from_slice(ROOT);
        }
        text.push(b']');
        text
    }
}

impl<'a> Pathname<'a> for Vms<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, ArgumentError> {
        let start = bytes.iter().position(|byte| matches!(byte, b'[' | b'<'));
        let (device, text) = bytes.split_at(start.ok_or(ArgumentError::NotAbsolute)?);
        if !(device.is_empty() || (device.len() > 1 && device.last() == Some(&b':'))) {
            return Err(ArgumentError::Malformed);
        }
        let mut path = Vms { device, names: Vec::new() };
        path.follow(text, false)?;
        Ok(path)
    }

    fn write(&self) -> Vec<u8> {
        match self.names.last() {
            Some(name) if is_file(name) => self.write_file(),
            _ => self.brackets(&self.names),
        }
    }

    fn write_file(&self) -> Vec<u8> {
        let Some((name, directory)) = self.names.split_last() else { return self.brackets(&[]) };
        let mut text = self.brackets(directory);
        encode(name, |byte| matches!(byte, b'[' | b']' | b'<' | b'>'), &mut text);
        text
    }

    fn child(directory: &'a [u8], name: &'a [u8]) -> Vec<u8> {
        match Vms::read(directory) {
            Ok(mut path) => {
                path.names.push(Cow::Borrowed(name));
                path.write()
            }
            Err(_) => [directory, name].concat(),
        }
    }

    fn pop(&mut self) -> bool {
        self.names.pop().is_some()
    }

    fn last(&self) -> Option<&[u8]> {
        self.names.last().map(|name| &**name)
    }

    fn depth(&self) -> usize {
        self.names.len()
    }

    fn holds(&self, other: &Self) -> bool {
        self.device == other.device
            && self.names.len() < other.names.len()
            && other.names.starts_with(&self.names)
    }

    fn change(mut self, text: &'a [u8]) -> Result<Self, ArgumentError> {
        match text {
            b"." => Ok(self),
            b".." => {
                self.pop();
                Ok(self)
            }
            [b'[' | b'<', inner @ ..] => {
                let end = inner.iter().position(|byte| matches!(byte, b'.' | b']' | b'>'));
                let level = &inner[..end.unwrap_or(0)];
                if level.iter().all(|byte| *byte == b'-') {
                    self.follow(text, true)?;
                    return Ok(self);
                }
                Ok(Vms { device: self.device, ..Vms::read(text)? })
            }
            _ if unescaped(text, |byte| matches!(byte, b'[' | b'<')).is_some() => Vms::read(text),
            _ if unescaped(text, |byte| byte == b':').is_some() => Err(ArgumentError::NotAbsolute),
            _ if !Vms::is_name(text) => Err(ArgumentError::NotAName),
            _ => {
                self.names.push(Cow::Borrowed(text));
                Ok(self)
            }
        }
    }

    /// Brackets, colon and slash have meanings unless they are escaped. The root's own entry in its listing is no name, as `.` is none
    /// elsewhere. Bytes that [`decoded`] would change are not how a server lists a name.
    fn is_name(name: &[u8]) -> bool {
        let plain = unescaped(name, |byte| matches!(byte, b'[' | b']' | b'<' | b'>' | b':' | b'/')).is_none();
        let itself = name.strip_prefix(ROOT).is_some_and(|rest| {
            rest.is_empty() || rest.get(..4).is_some_and(|kind| kind.eq_ignore_ascii_case(b".DIR"))
        });
        plain && !itself && !dangles(name) && *decoded(name) == *name
    }
}

/// Whether the name has a type or version: a dot or semicolon that is not escaped.
fn is_file(name: &[u8]) -> bool {
    unescaped(name, |byte| matches!(byte, b'.' | b';')).is_some()
}

/// The place of the first such byte that has no `^` before it.
fn unescaped(text: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte == b'^' {
            at += 2;
        } else if wanted(byte) {
            return Some(at);
        } else {
            at += 1;
        }
    }
    None
}

/// Whether it ends in a `^` that escapes nothing.
fn dangles(name: &[u8]) -> bool {
    name.iter().rev().take_while(|byte| **byte == b'^').count() % 2 == 1
}

/// Writes a name; such bytes that are not escaped, and a `^` that escapes nothing, become hexadecimal.
fn encode(name: &[u8], hidden: impl Fn(u8) -> bool, text: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(&byte) = name.get(at) {
        at += 1;
        match (byte, name.get(at)) {
            (b'^', Some(&next)) => {
                text.extend_from_slice(&[byte, next]);
                at += 1;
            }
            (b'^', None) => text.extend_from_slice(b"^5E"),
            (byte, _) if hidden(byte) => text.extend_from_slice(format!("^{byte:02X}").as_bytes()),
            (byte, _) => text.push(byte),
        }
    }
}

/// Takes back what [`encode`] does.
fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'^') {
        return Cow::Borrowed(text);
    }
    let mut name = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let (bytes, after): (&[u8], &[u8]) = match (byte, after) {
            (b'^', b"5E" | b"5e") => (b"^", b""),
            (b'^', [b'2', b'D' | b'd', after @ ..]) => (b"-", after),
            (b'^', [b'2', b'E' | b'e', after @ ..]) => (b".", after),
            (b'^', [b'3', b'B' | b'b', after @ ..]) => (b";", after),
            (b'^', [b'3', b'C' | b'c', after @ ..]) => (b"<", after),
            (b'^', [b'3', b'E' | b'e', after @ ..]) => (b">", after),
            (b'^', [b'5', b'B' | b'b', after @ ..]) => (b"[", after),
            (b'^', [b'5', b'D' | b'd', after @ ..]) => (b"]", after),
            (b'^', [_, after @ ..]) => (&rest[..2], after),
            _ => (&rest[..1], after),
        };
        name.extend_from_slice(bytes);
        rest = after;
    }
    Cow::Owned(name)
}
