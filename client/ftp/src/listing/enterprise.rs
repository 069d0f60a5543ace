//! Sterling Connect:Enterprise: `-C--E-----FTP B OWNER  batch  size date name`. Ten flags of a batch, the protocol it came by, `A` or `B` for ASCII or
//! binary; then as on Unix.

use super::date;
use super::row::Row;
use super::scene::Scene;
use super::words::Words;
use crate::calendar::number;
use crate::entry::EntryKind;

/// How many flags there are.
const FLAGS: usize = 10;

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(words: &Words<'_>, scene: &mut Scene) -> Option<Row> {
    let first = words.at(0);
    let flags = first.get(..FLAGS)?;
    let protocol = first.get(FLAGS..)?;
    if !flags.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'-')
        || !protocol.iter().all(u8::is_ascii_uppercase)
        || protocol.len() > 4
    {
        return None;
    }
    let place = 1 + usize::from(words.at(1).len() == 1);
    let (owner, batch) = (words.at(place), words.at(place + 1));
    number(batch)?;
    let size = number(words.at(place + 2))?;
    let found = date::find(words, place + 3, scene)?;
    let name = words.verbatim(found.next)?;
    // The columns are filled up in more than one way, and no name here begins with a blank.
    let name = name.trim_ascii_start();
    Row::of(name, EntryKind::File, |entry| {
        entry.size = Some(size);
        entry.modified = Some(found.modified);
        entry.owner = scene.owner(owner);
        entry.group = scene.group(batch);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m8_batches() {
        let row = |line: &str| read(&Words::new(line.as_bytes()), &mut Scene::new(1_718_452_800));
        for line in [
            "-C--E-----FTP B ANN1I1      18128       41 Apr  1  2014 a b",
            "-CR-E-----TCP A ANN1I1      18128       41 Apr 1 2014 a b",
            "-C--E-----FTP   ANN1I1      18128       41 Apr 01 2014 a b",
        ] {
            let Some(Row::Entry(entry)) = row(line) else { panic!("{line}") };
            assert_eq!((entry.name.as_bytes(), entry.size), (&b"a b"[..], Some(41)), "{line}");
            assert_eq!(
                (entry.owner.as_deref(), entry.group.as_deref()),
                (Some("ANN1I1"), Some("18128")),
                "{line}"
            );
            assert_eq!(entry.modified.unwrap().seconds, 1_396_310_400, "{line}");
        }
        for line in [
            "",
            "-C--E-----",
            "-C--E-----ftp B o 1 1 Apr 1 2014 x",
            "-C--E-----FTP B o x 1 Apr 1 2014 x",
            "-C--E-----FTP B o 1 1 Apr 1 2014",
        ] {
            assert!(row(line).is_none(), "{line}");
        }
    }
}
