//! Rule P6: what each syntax makes of its paths.

use super::PathSyntax::{self, *};
use super::{ArgumentError, Name, RemotePath};

fn parse(syntax: PathSyntax, text: &str) -> RemotePath {
    RemotePath::parse(syntax, text).unwrap_or_else(|error| panic!("{syntax:?} {text}: {error}"))
}

fn name(syntax: PathSyntax, text: &str) -> Name {
    Name::checked(syntax, text).unwrap_or_else(|error| panic!("{syntax:?} {text}: {error}"))
}

#[test]
fn p6_canonical_forms() {
    for (syntax, text, wanted) in [
        (Unix, "/", "/"),
        (Unix, "/a/b", "/a/b"),
        (Unix, "//a///b//", "/a/b"),
        (Unix, "/a/./b/../c", "/a/c"),
        (Unix, "/../..", "/"),
        (Unix, "/a b/ c ", "/a b/ c "),
        (Unix, r"/a\b", r"/a\b"),
        (Dos, "C:", r"C:\"),
        (Dos, r"c:\", r"C:\"),
        (Dos, r"C:\a\b\", r"C:\a\b"),
        (Dos, r"C:\a\\b", r"C:\a\b"),
        (Dos, "C:/a/b", r"C:\a\b"),
        (Dos, r"C:\a\..\..\b\.", r"C:\b"),
        (DosForward, "C:", "C:/"),
        (DosForward, "c:/a/b/", "C:/a/b"),
        (DosForward, r"C:\a\b", "C:/a/b"),
        (DosForward, "C:/a/../b", "C:/b"),
        (DosVirtual, r"\", r"\"),
        (DosVirtual, r"\a\b\", r"\a\b"),
        (DosVirtual, "/a/b", r"\a\b"),
        (DosVirtual, r"\a\..\..\b", r"\b"),
        (Cygwin, "/a/b/", "/a/b"),
        (Cygwin, "//host/a", "//host/a"),
        (Cygwin, "//host//a/", "//host/a"),
        (Cygwin, "///a", "/a"),
        (Cygwin, "//", "//"),
        (Cygwin, "//host/..", "//"),
        (Vms, "D:[A.B]", "D:[A.B]"),
        (Vms, "D:[000000]", "D:[000000]"),
        (Vms, "D:[000000.A]", "D:[A]"),
        (Vms, "D:<A.B>", "D:[A.B]"),
        (Vms, "D:[A.][B.C]", "D:[A.B.C]"),
        (Vms, "D:[A.][000000]", "D:[A]"),
        (Vms, "D:[A.]", "D:[A]"),
        (Vms, "D:[A.-.B]", "D:[B]"),
        (Vms, "[A.B]", "[A.B]"),
        (Vms, "N::D$U:[A]", "N::D$U:[A]"),
        (Vms, "D:[A.B]F.X;1", "D:[A.B]F.X;1"),
        (Vms, "D:[A.B]F", "D:[A.B.F]"),
        (Vms, "D:[000000]F.X", "D:[000000]F.X"),
        (Vms, "D:[A^.B.C]", "D:[A^.B.C]"),
        (Vms, "D:[A^.B]C^.D.X;1", "D:[A^.B]C^.D.X;1"),
        (Vms, "D:[A^]B]", "D:[A^]B]"),
        (Vms, "D:[A.F^2EX^3B1]", "D:[A]F.X;1"),
        (Vms, "D:[A]--", "D:[A.^2D^2D]"),
        (Vms, "/d/a/", "/d/a"),
        (Mvs, "''", "''"),
        (Mvs, "'A.'", "'A.'"),
        (Mvs, "'A.B.'", "'A.B.'"),
        (Mvs, "'A.B'", "'A.B'"),
        (Mvs, "'A.B(M)'", "'A.B(M)'"),
        (Mvs, "'A.B(+1)'", "'A.B(+1)'"),
        (Mvs, "/u/a/", "/u/a"),
        (VxWorks, ":dev:", ":dev:/"),
        (VxWorks, ":dev:/", ":dev:/"),
        (VxWorks, ":dev:a/b", ":dev:/a/b"),
        (VxWorks, ":dev:/a//b/..", ":dev:/a"),
        (Zvm, "/", "/"),
        (Zvm, "/JOE.191/", "/JOE.191"),
        (Zvm, "/JOE.191/PROFILE.EXEC", "/JOE.191/PROFILE.EXEC"),
        (NonStop, r"\SYS", r"\SYS"),
        (NonStop, r"\SYS.$VOL", r"\SYS.$VOL"),
        (NonStop, r"\SYS.$VOL.SUB", r"\SYS.$VOL.SUB"),
        (NonStop, r"\SYS.$VOL.SUB.FILE", r"\SYS.$VOL.SUB.FILE"),
        (NonStop, "$VOL.SUB", "$VOL.SUB"),
    ] {
        let path = parse(syntax, text);
        assert_eq!(path.to_string(), wanted, "{syntax:?} {text}");
        assert_eq!(parse(path.syntax(), wanted), path, "{syntax:?} {text}");
    }
}

#[test]
fn p6_what_is_no_path() {
    use ArgumentError::{ControlByte, Malformed, NotAbsolute};
    for (syntax, text, error) in [
        (Unix, "", NotAbsolute),
        (Unix, "a", NotAbsolute),
        (Unix, r"C:\a", NotAbsolute),
        (Unix, "/a\nDELE b", ControlByte),
        (Dos, "", NotAbsolute),
        (Dos, r"\a", NotAbsolute),
        (Dos, "C:a", NotAbsolute),
        (Dos, r"1:\a", NotAbsolute),
        (Dos, "C:\\a\r", ControlByte),
        (DosForward, "/a", NotAbsolute),
        (DosForward, "C", NotAbsolute),
        (DosVirtual, "a", NotAbsolute),
        (DosVirtual, r"C:\a", NotAbsolute),
        (Cygwin, "host/a", NotAbsolute),
        (Vms, "", NotAbsolute),
        (Vms, "D:", NotAbsolute),
        (Vms, "F.X;1", NotAbsolute),
        (Vms, "D:[.A]", NotAbsolute),
        (Vms, "D:[-]", NotAbsolute),
        (Vms, "D:[]", NotAbsolute),
        (Vms, "D[A]", Malformed),
        (Vms, ":[A]", Malformed),
        (Vms, "D:[A", Malformed),
        (Vms, "D:[A^]", Malformed),
        (Vms, "D:[A...]", Malformed),
        (Vms, "D:[A..B]", Malformed),
        (Vms, "D:[A]B]", Malformed),
        (Vms, "D:[A\0]", ControlByte),
        (Mvs, "", NotAbsolute),
        (Mvs, "A.B.", NotAbsolute),
        (Mvs, "'", Malformed),
        (Mvs, "'A", Malformed),
        (Mvs, "'.'", Malformed),
        (Mvs, "'A..B'", Malformed),
        (Mvs, "'A.B.(M)'", Malformed),
        (Mvs, "'A.B(M'", Malformed),
        (Mvs, "'A.B()'", Malformed),
        (Mvs, "'(M)'", Malformed),
        (Mvs, "'A''B'", Malformed),
        (Mvs, "'A B'", Malformed),
        (VxWorks, "/a", NotAbsolute),
        (VxWorks, "::/a", NotAbsolute),
        (VxWorks, ":dev", NotAbsolute),
        (VxWorks, ":d/v:/a", NotAbsolute),
        (Zvm, "JOE.191", NotAbsolute),
        (NonStop, "", NotAbsolute),
        (NonStop, r"\", NotAbsolute),
        (NonStop, "$", NotAbsolute),
        (NonStop, "SUB.FILE", NotAbsolute),
    ] {
        assert_eq!(RemotePath::parse(syntax, text), Err(error), "{syntax:?} {text}");
    }
}

/// Each path, its parents up to its root, and at each step the name that leads back.
#[test]
fn p6_parents_names_roots_and_depths() {
    for (syntax, chain) in [
        (Unix, &["/a/b/c", "c", "/a/b", "b", "/a", "a", "/"][..]),
        (Dos, &[r"C:\a\b", "b", r"C:\a", "a", r"C:\"]),
        (DosForward, &["C:/a/b", "b", "C:/a", "a", "C:/"]),
        (DosVirtual, &[r"\a\b", "b", r"\a", "a", r"\"]),
        (Cygwin, &["/a/b", "b", "/a", "a", "/"]),
        (Cygwin, &["//host/a", "a", "//host", "host", "//"]),
        (Vms, &["D:[A.B]F.X;1", "F.X;1", "D:[A.B]", "B", "D:[A]", "A", "D:[000000]"]),
        (Vms, &["[A^.B.C]", "C", "[A^.B]", "A^.B", "[000000]"]),
        (Vms, &["D:[000000]F.", "F.", "D:[000000]"]),
        (Vms, &["D:[A.F^2EX^3B1]G.;2", "G.;2", "D:[A]F.X;1", "F.X;1", "D:[A]", "A", "D:[000000]"]),
        (Mvs, &["'A.B.C(M)'", "M", "'A.B.C'", "C", "'A.B.'"]),
        (Mvs, &["'A.B'", "B", "'A.'"]),
        (Mvs, &["'A'", "A", "''"]),
        (VxWorks, &[":dev:/a/b", "b", ":dev:/a", "a", ":dev:/"]),
        (Zvm, &["/JOE.191/A.B", "A.B", "/JOE.191", "JOE.191", "/"]),
        (NonStop, &[r"\S.$V.U.F", "F", r"\S.$V.U", "U", r"\S.$V", "$V", r"\S"]),
        (NonStop, &["$V.U", "U", "$V"]),
    ] {
        for step in chain.windows(3).step_by(2) {
            let [child, text, parent] = step else { unreachable!() };
            let (child, parent) = (parse(syntax, child), parse(syntax, parent));
            assert_eq!(child.parent(), Some(parent.clone()), "{child}");
            assert_eq!(child.name(), Some(name(syntax, text)), "{child}");
            assert_eq!(parent.join(&name(syntax, text)), child, "{parent}");
            assert_eq!(child.depth(), parent.depth() + 1, "{child}");
            assert!(child.is_below(&parent) && !parent.is_below(&child) && !child.is_root(), "{child}");
        }
        let (bottom, root) = (parse(syntax, chain[0]), parse(syntax, chain[chain.len() - 1]));
        if syntax != Mvs || root.depth() == 0 {
            assert_eq!((root.parent(), root.name(), root.depth()), (None, None, 0), "{root}");
            assert!(root.is_root() && !root.is_below(&root), "{root}");
            assert_eq!(bottom.top(), root);
            assert_eq!(bottom.depth(), chain.len() / 2);
        }
    }
}

#[test]
fn p6_a_level_of_mvs_has_levels_above() {
    let level = parse(Mvs, "'A.B.'");
    assert_eq!(level.parent(), Some(parse(Mvs, "'A.'")));
    assert_eq!(parse(Mvs, "'A.'").parent(), Some(parse(Mvs, "''")));
    assert_eq!((level.name(), level.depth()), (Some(name(Mvs, "B")), 2));
    assert_eq!(level.top(), parse(Mvs, "''"));
    // What a listing of 'A.' shows may have dots.
    let joined = parse(Mvs, "'A.'").join(&name(Mvs, "B.C"));
    assert_eq!(joined, parse(Mvs, "'A.B.C'"));
    assert_eq!(joined.parent(), Some(level));
}

#[test]
fn p6_files_are_written_in_another_way_than_directories() {
    for (syntax, text, directory, file) in [
        (Unix, "/a/b", "/a/b", "/a/b"),
        (Dos, r"C:\a", r"C:\a", r"C:\a"),
        (Vms, "D:[A.B]F.X;1", "D:[A.B]F.X;1", "D:[A.B]F.X;1"),
        (Vms, "D:[A.B]F", "D:[A.B.F]", "D:[A.B]F"),
        (Vms, "D:[F]", "D:[F]", "D:[000000]F"),
        (Vms, "D:[A^.B]", "D:[A^.B]", "D:[000000]A^.B"),
        (Vms, "D:[000000]", "D:[000000]", "D:[000000]"),
        (Mvs, "'A.B.F.'", "'A.B.F.'", "'A.B.F'"),
        (Mvs, "'A.B.F'", "'A.B.F'", "'A.B.F'"),
        (Mvs, "'A.B(MEM)'", "'A.B(MEM)'", "'A.B(MEM)'"),
        (Mvs, "''", "''", "''"),
        (Zvm, "/JOE.191/A.B", "/JOE.191/A.B", "/JOE.191/A.B"),
        (NonStop, r"\S.$V.U.F", r"\S.$V.U.F", r"\S.$V.U.F"),
    ] {
        let path = parse(syntax, text);
        assert_eq!(path.as_bytes(), directory.as_bytes(), "{text}");
        assert_eq!(path.file_bytes(), file.as_bytes(), "{text}");
    }
}

#[test]
fn p6_changing_as_a_user_types_it() {
    for (syntax, from, text, wanted) in [
        (Unix, "/a/b", "c", "/a/b/c"),
        (Unix, "/a/b", "c/d/", "/a/b/c/d"),
        (Unix, "/a/b", "..", "/a"),
        (Unix, "/a/b", "../../..", "/"),
        (Unix, "/a/b", "./../c", "/a/c"),
        (Unix, "/a/b", "/c", "/c"),
        (Unix, "/a", " b ", "/a/ b "),
        (Dos, r"C:\a", "b", r"C:\a\b"),
        (Dos, r"C:\a", r"b\c", r"C:\a\b\c"),
        (Dos, r"C:\a", "b/c", r"C:\a\b\c"),
        (Dos, r"C:\a", r"..\b", r"C:\b"),
        (Dos, r"C:\a", r"..\..", r"C:\"),
        (Dos, r"C:\a", r"\b", r"C:\b"),
        (Dos, r"C:\a", r"D:\b", r"D:\b"),
        (Dos, r"C:\a", "d:", r"D:\"),
        (DosForward, "C:/a", "../b", "C:/b"),
        (DosForward, "C:/a", "/b", "C:/b"),
        (DosForward, "C:/a", "D:/b/", "D:/b"),
        (DosVirtual, r"\a", r"..\b", r"\b"),
        (DosVirtual, r"\a", r"\b\c", r"\b\c"),
        (DosVirtual, r"\a", "b", r"\a\b"),
        (Cygwin, "/a", "//host/b", "//host/b"),
        (Cygwin, "//host/a", "/b", "/b"),
        (Cygwin, "//host/a", "../b", "//host/b"),
        (Vms, "D:[A.B]", "C", "D:[A.B.C]"),
        (Vms, "D:[A.B]", "F.X;1", "D:[A.B]F.X;1"),
        (Vms, "D:[A.B]", "[.C]", "D:[A.B.C]"),
        (Vms, "D:[A.B]", "[.C.D]F.X", "D:[A.B.C.D]F.X"),
        (Vms, "D:[A.B]", "[-]", "D:[A]"),
        (Vms, "D:[A.B]", "[-.C]", "D:[A.C]"),
        (Vms, "D:[A.B]", "[--.C]", "D:[C]"),
        (Vms, "D:[A.B]", "[-.-]", "D:[000000]"),
        (Vms, "D:[A.B]", "[---]", "D:[000000]"),
        (Vms, "D:[A.B]", "[]", "D:[A.B]"),
        (Vms, "D:[A.B]", "[]F.X", "D:[A.B]F.X"),
        (Vms, "D:[A.B]", "..", "D:[A]"),
        (Vms, "D:[A.B]", "[C]", "D:[C]"),
        (Vms, "D:[A.B]", "[000000]", "D:[000000]"),
        (Vms, "D:[A.B]", "[-C]", "D:[-C]"),
        (Vms, "D:[A.B]", "E:[C]", "E:[C]"),
        (Vms, "D:[A.B]", "/d/a", "/d/a"),
        (Mvs, "'A.B.'", "C", "'A.B.C'"),
        (Mvs, "'A.B.'", "C.", "'A.B.C.'"),
        (Mvs, "'A.B.'", "C.D(M)", "'A.B.C.D(M)'"),
        (Mvs, "'A.B.'", "..", "'A.'"),
        (Mvs, "'A.B.'", "'C.D'", "'C.D'"),
        (Mvs, "'A.B'", "M", "'A.B(M)'"),
        (Mvs, "'A.B'", "(M)", "'A.B(M)'"),
        (Mvs, "'A.B(M)'", "..", "'A.B'"),
        (Mvs, "'A'", "..", "''"),
        (Mvs, "''", "A.", "'A.'"),
        (Mvs, "'A.'", "/u/a", "/u/a"),
        (VxWorks, ":d:/a", "b", ":d:/a/b"),
        (VxWorks, ":d:/a", "/b", ":d:/b"),
        (VxWorks, ":d:/a", "../b", ":d:/b"),
        (VxWorks, ":d:/a", ":e:b", ":e:/b"),
        (Zvm, "/JOE.191", "/ANN.191", "/ANN.191"),
        (Zvm, "/JOE.191", "A.B", "/JOE.191/A.B"),
        (Zvm, "/JOE.191", "../ANN.191", "/ANN.191"),
        (NonStop, r"\S.$V.U", "F", r"\S.$V.U.F"),
        (NonStop, r"\S.$V.U", "..", r"\S.$V"),
        (NonStop, r"\S.$V.U", "$W.X", r"\S.$W.X"),
        (NonStop, r"\S.$V.U", r"\T.$W", r"\T.$W"),
        (NonStop, "$V.U", "$W.X", "$W.X"),
    ] {
        let path = parse(syntax, from).change(text);
        assert_eq!(path.map(|path| path.to_string()).as_deref(), Ok(wanted), "{from} {text}");
    }
}

#[test]
fn p6_what_nobody_can_change_to() {
    use ArgumentError::{ControlByte, Empty, Malformed, NotAName, NotAbsolute};
    for (syntax, from, text, error) in [
        (Unix, "/", "", Empty),
        (Unix, "/", "a\r\nDELE b", ControlByte),
        (Vms, "D:[A]", "E:", NotAbsolute),
        (Vms, "D:[A]", "[B", Malformed),
        (Vms, "D:[A]", "B]", NotAName),
        (Vms, "D:[A]", "[...]", Malformed),
        (Mvs, "'A.'", "B..C", Malformed),
        (Mvs, "'A.'", "'B", Malformed),
        (Mvs, "'A.B'", "C.D", NotAName),
        (Mvs, "'A.B'", "(M", Malformed),
    ] {
        assert_eq!(parse(syntax, from).change(text), Err(error), "{from} {text}");
    }
}

#[test]
fn p6_below_is_by_levels_and_not_by_letters() {
    for (syntax, directory, inside, outside) in [
        (Unix, "/a", "/a/b/c", "/ab"),
        (Unix, "/", "/a", "/"),
        (Dos, r"C:\a", r"C:\a\b", r"D:\a\b"),
        (DosForward, "C:/", "C:/a", "D:/a"),
        (DosVirtual, r"\a", r"\a\b", r"\a.b"),
        (Cygwin, "//host", "//host/a", "/host/a"),
        (Cygwin, "/", "/a", "//a"),
        (Vms, "D:[A]", "D:[A.B]F.X", "E:[A.B]"),
        (Vms, "D:[A]", "D:[A]F.X", "D:[AB]"),
        (Vms, "D:[000000]", "D:[A]", "[A]"),
        (Mvs, "'A.'", "'A.B'", "'AB.C'"),
        (Mvs, "'A.B'", "'A.B(M)'", "'A.B.C'"),
        (Mvs, "'A.B.'", "'A.B.C(M)'", "'A.B(M)'"),
        (Mvs, "''", "'A'", "''"),
        (VxWorks, ":d:", ":d:/a", ":e:/a"),
        (Zvm, "/A", "/A/B.C", "/B.C"),
        (NonStop, r"\S.$V", r"\S.$V.U.F", r"\T.$V.U"),
    ] {
        let directory = parse(syntax, directory);
        assert!(parse(syntax, inside).is_below(&directory), "{inside} {directory}");
        assert!(!parse(syntax, outside).is_below(&directory), "{outside} {directory}");
    }
    assert!(!parse(Zvm, "/a/b").is_below(&parse(Unix, "/a")), "of another syntax");
}

#[test]
fn p6_names() {
    use ArgumentError::{ControlByte, Empty, NotAName};
    for (syntax, good, bad) in [
        (Unix, &["a", "a b", r"a\b", "C:", "...", "a[1]"][..], &["a/b", "/"][..]),
        (Dos, &["a", "a b", "a.b"], &[r"a\b", "a/b"]),
        (DosForward, &["a"], &[r"a\b", "a/b"]),
        (DosVirtual, &["a", "C:"], &[r"a\b", "a/b"]),
        (Cygwin, &["a", r"a\b"], &["a/b"]),
        (
            Vms,
            &["A", "A.B;1", "A^.B.C;2", "A^/B.C", "A^[B", "A^^", ".X;1", "-A", "--"],
            &["A/B", "[A]", "A]", "A:B", "A^", "A^^^", "A^2EB", "000000", "000000.DIR;1"],
        ),
        (Mvs, &["A", "A.B.C", "$A#@"], &["A'", "A(B)", ".A", "A.", "A..B", "A B"]),
        (VxWorks, &["a", "a:b"], &["a/b"]),
        (Zvm, &["PROFILE.EXEC"], &["A/B"]),
        (NonStop, &["FILE", "$VOL"], &["A.B"]),
    ] {
        for text in good {
            assert_eq!(name(syntax, text).as_bytes(), text.as_bytes());
        }
        for text in bad {
            assert_eq!(Name::checked(syntax, *text), Err(NotAName), "{syntax:?} {text}");
        }
        assert_eq!(Name::checked(syntax, ""), Err(Empty));
        assert_eq!(Name::checked(syntax, "."), Err(NotAName));
        assert_eq!(Name::checked(syntax, ".."), Err(NotAName));
        for text in ["a\rb", "a\n", "\0"] {
            assert_eq!(Name::checked(syntax, text), Err(ControlByte), "{syntax:?}");
        }
    }
}

#[test]
fn p6_roots_and_keys() {
    for syntax in PathSyntax::ALL {
        assert_eq!(PathSyntax::from_key(syntax.key()), Some(syntax));
        if let Some(root) = syntax.root() {
            assert_eq!(parse(syntax, &root.to_string()), root);
            assert!(root.is_root() && root.parent().is_none() && root.syntax() == syntax);
        }
    }
    assert_eq!(PathSyntax::from_key("?"), None);
    assert_eq!(PathSyntax::Unix.root(), Some(RemotePath::root()));
    assert_eq!(PathSyntax::default(), Unix);
}

#[test]
fn bytes_that_are_no_text_stay() {
    let path = RemotePath::new(b"/gr\xfc\xdfe").unwrap();
    assert_eq!(path.as_bytes(), b"/gr\xfc\xdfe");
    assert_eq!(path.to_string(), "/gr\u{fc}\u{df}e");
}
