//! Paths in 257 (RFC 959 appendix II, answers to PWD and MKD).

use crate::path::{PathSyntax, RemotePath};
use crate::reply::Reply;

/// The path: what stands in double quotes, with `""` for one of them; else in single quotes; else the first word
/// (rule P1). Bytes as they came, of whichever syntax.
///
/// Single quotes may be z/OS's own, which are part of the path (`'USER.'`): there the double ones were forgotten, not replaced. Data set
/// names are told by having nothing that paths of other syntaxes begin with.
#[must_use]
pub fn pwd(reply: &Reply) -> Option<Vec<u8>> {
    let quoted = |quote| reply.lines.iter().find_map(|line| quoted(line, quote));
    let single = || {
        let inner = quoted(b'\'')?;
        let whole = [b"'", &*inner, b"'"].concat();
        let begins =
            matches!(inner.as_slice(), [b'/' | b'\\' | b'[' | b'<' | b':', ..]) || inner.contains(&b':');
        let is_data_set = !begins && RemotePath::parse(PathSyntax::Mvs, &whole).is_ok();
        Some(if is_data_set { whole } else { inner })
    };
    let path = quoted(b'"').or_else(single).or_else(|| {
        let line = reply.lines.last()?;
        let word = line.split(u8::is_ascii_whitespace).find(|word| !word.is_empty())?;
        Some(word.to_vec())
    })?;
    (!path.is_empty() && !path.iter().any(u8::is_ascii_control)).then_some(path)
}

/// Between the first quote and the one that closes it: the first that is not doubled and has nothing or a blank behind
/// it. Servers that do not double a quote in a name are so understood as well.
fn quoted(line: &[u8], quote: u8) -> Option<Vec<u8>> {
    let start = line.iter().position(|byte| *byte == quote)? + 1;
    let text = &line[start..];
    let mut path = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        if byte == quote {
            match text.get(at) {
                Some(next) if *next == quote => at += 1,
                Some(next) if !next.is_ascii_whitespace() => {}
                _ => return Some(path),
            }
        }
        path.push(byte);
    }
    // Nothing closes it in that sense: then the last quote does.
    let end = text.iter().rposition(|byte| *byte == quote)?;
    Some(text[..end].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(line: &str) -> Option<String> {
        pwd(&Reply::new(257, vec![line.as_bytes().to_vec()])).map(|path| String::from_utf8(path).unwrap())
    }

    #[test]
    fn p1_between_double_quotes() {
        for (line, wanted) in [
            (r#""/" is your current location"#, "/"),
            (r#""/a b/c""#, "/a b/c"),
            (r#""/a""b""c" is current"#, r#"/a"b"c"#),
            (r#""/a" is the "current" directory"#, "/a"),
            (r#""/not"doubled" is current"#, r#"/not"doubled"#),
            (r#""/ends with""" is current"#, r#"/ends with""#),
            (r#"Current directory is "/x"."#, "/x"),
        ] {
            assert_eq!(path(line).as_deref(), Some(wanted), "{line}");
        }
    }

    #[test]
    fn p1_else_single_quotes_else_the_first_word() {
        assert_eq!(path("'/a b' is current").as_deref(), Some("/a b"));
        assert_eq!(path("/a is current").as_deref(), Some("/a"));
        assert_eq!(path("  /a").as_deref(), Some("/a"));
    }

    #[test]
    fn p1_p6_paths_of_every_syntax() {
        for (line, wanted, syntax) in [
            (r#""/a b" is current directory."#, "/a b", PathSyntax::Unix),
            (r#""C:\a b" is current directory."#, r"C:\a b", PathSyntax::Dos),
            (r"'C:\a b' is current directory.", r"C:\a b", PathSyntax::Dos),
            (r#""C:/a" is current directory."#, "C:/a", PathSyntax::DosForward),
            (r#""\a\b" is current directory."#, r"\a\b", PathSyntax::DosVirtual),
            (r#""\""#, r"\", PathSyntax::DosVirtual),
            (r#""//host/a" is current directory."#, "//host/a", PathSyntax::Cygwin),
            (r#""DISK$USER:[JOE.SRC]" is current directory."#, "DISK$USER:[JOE.SRC]", PathSyntax::Vms),
            ("DISK$USER:[JOE] is default directory.", "DISK$USER:[JOE]", PathSyntax::Vms),
            ("'[JOE]' is current", "[JOE]", PathSyntax::Vms),
            (r#""DISK:[A^"B]" is current"#, r#"DISK:[A^"B]"#, PathSyntax::Vms),
            (r#""'USER.'" is working directory."#, "'USER.'", PathSyntax::Mvs),
            (
                r#""'USER.JCL.CNTL'" partitioned data set is working directory."#,
                "'USER.JCL.CNTL'",
                PathSyntax::Mvs,
            ),
            (r#""''" is the working directory name prefix."#, "''", PathSyntax::Mvs),
            ("'USER.' is working directory", "'USER.'", PathSyntax::Mvs),
            ("'USER.A.B(M)'", "'USER.A.B(M)'", PathSyntax::Mvs),
            (r#""/u/joe" is the HFS working directory."#, "/u/joe", PathSyntax::Unix),
            (r#"":dev:/a""#, ":dev:/a", PathSyntax::VxWorks),
            (r#""\SYS.$VOL.SUB" is current default"#, r"\SYS.$VOL.SUB", PathSyntax::NonStop),
            ("$VOL.SUB is current default", "$VOL.SUB", PathSyntax::NonStop),
        ] {
            let told = path(line);
            assert_eq!(told.as_deref(), Some(wanted), "{line}");
            assert_eq!(PathSyntax::detect("", wanted.as_bytes(), false), syntax, "{line}");
            assert!(RemotePath::parse(syntax, wanted).is_ok(), "{line}");
        }
        assert_eq!(path(r#""/JOE.191""#).as_deref(), Some("/JOE.191"));
    }

    #[test]
    fn p1_no_path_at_all() {
        for line in ["", "  ", r#""" is current"#, "\"/a\tb\"", "\"/a\u{7f}\""] {
            assert_eq!(path(line), None, "{line:?}");
        }
    }

    #[test]
    fn r11_bytes_stay_as_they_are() {
        let reply = Reply::new(257, vec![b"\"/gr\xfc\xdfe\"".to_vec()]);
        assert_eq!(pwd(&reply).unwrap(), b"/gr\xfc\xdfe");
    }
}
