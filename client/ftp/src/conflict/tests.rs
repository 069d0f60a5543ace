use std::collections::BTreeSet;

use super::*;
use crate::path::Name;

const NOON: i64 = 1_700_000_000 - 1_700_000_000 % 86_400 + 43_200;

fn at(seconds: i64) -> Option<Modified> {
    Some(Modified { seconds, has_time: true, has_seconds: true, utc: true })
}

fn minute(seconds: i64) -> Option<Modified> {
    Some(Modified {
        seconds: seconds - seconds.rem_euclid(60),
        has_time: true,
        has_seconds: false,
        utc: true,
    })
}

fn day(seconds: i64) -> Option<Modified> {
    let seconds = seconds - seconds.rem_euclid(86_400);
    Some(Modified { seconds, has_time: false, has_seconds: false, utc: true })
}

fn file(size: Option<u64>, modified: Option<Modified>) -> Side {
    Side { kind: EntryKind::File, size, modified }
}

fn kind(kind: EntryKind) -> Side {
    Side { kind, size: Some(1), modified: at(NOON) }
}

const YES: Decision = Decision::Transfer { overwrite: true };
use AskReason as A;
use Decision::{Ask, Resume, Skip};
use SkipReason as S;

/// Every policy against every state that two times and two sizes can have: the source is newer, older, as old or of unknown
/// age; the target smaller, as large, larger, empty or of unknown size.
#[test]
fn every_policy_against_every_state() {
    let ages = [at(NOON - 10), at(NOON + 10), at(NOON), None];
    let sizes = [Some(50), Some(100), Some(150), Some(0), None];
    let table: [(Policy, [[Decision; 5]; 4]); 8] = [
        (Policy::Overwrite, [[YES; 5]; 4]),
        (Policy::Skip, [[Skip(S::Exists); 5]; 4]),
        (Policy::Ask, [[Ask(A::Exists); 5]; 4]),
        (Policy::Rename, [[Decision::Rename; 5]; 4]),
        (
            Policy::Newer,
            [[YES; 5], [Skip(S::TargetNewer); 5], [Skip(S::SameTime); 5], [Ask(A::TimeUnknown); 5]],
        ),
        (Policy::SizeDiffers, [[YES, Skip(S::SameSize), YES, YES, Ask(A::SizeUnknown)]; 4]),
        (
            Policy::NewerOrSizeDiffers,
            [
                [YES; 5],
                [YES, Skip(S::NotNewerSameSize), YES, YES, Ask(A::SizeUnknown)],
                [YES, Skip(S::NotNewerSameSize), YES, YES, Ask(A::SizeUnknown)],
                [YES, Ask(A::TimeUnknown), YES, YES, Ask(A::SizeUnknown)],
            ],
        ),
        (
            Policy::Resume,
            [
                [
                    Ask(A::SourceChanged),
                    Ask(A::SourceChanged),
                    Ask(A::TargetLarger),
                    Ask(A::SourceChanged),
                    Ask(A::SizeUnknown),
                ],
                resumed(),
                resumed(),
                resumed(),
            ],
        ),
    ];
    assert_eq!(table.len(), Policy::ALL.len());
    for (policy, rows) in table {
        for (age, row) in ages.iter().zip(rows) {
            for (size, expected) in sizes.iter().zip(row) {
                let decided =
                    decide(policy, &file(Some(100), at(NOON)), Some(&file(*size, *age)), FAT_TOLERANCE);
                assert_eq!(decided, expected, "{policy:?}, target {size:?} {age:?}");
            }
        }
    }
}

fn resumed() -> [Decision; 5] {
    [Resume { offset: 50 }, Skip(S::SameSize), Ask(A::TargetLarger), YES, Ask(A::SizeUnknown)]
}

#[test]
fn nothing_in_the_place_is_no_conflict() {
    for policy in Policy::ALL {
        assert_eq!(decide(policy, &file(None, None), None, 0), Decision::Transfer { overwrite: false });
        assert_eq!(
            decide(policy, &kind(EntryKind::Directory), None, 0),
            Decision::Transfer { overwrite: false }
        );
    }
}

#[test]
fn kinds_are_never_replaced_by_others() {
    let kinds = [EntryKind::File, EntryKind::Directory, EntryKind::Link, EntryKind::Other];
    for policy in Policy::ALL {
        for source in kinds {
            for target in kinds {
                let decided = decide(policy, &kind(source), Some(&kind(target)), 0);
                let expected = match (source, target) {
                    (EntryKind::Link, _) => Skip(S::SourceLink),
                    (EntryKind::Other, _) => Skip(S::SourceSpecial),
                    (EntryKind::Directory, EntryKind::Directory) => Skip(S::DirectoryExists),
                    (EntryKind::File, EntryKind::File) => continue,
                    _ if policy == Policy::Skip => Skip(S::Exists),
                    _ if policy == Policy::Rename => Decision::Rename,
                    (_, EntryKind::Directory) => Ask(A::DirectoryInPlace),
                    (_, EntryKind::File) => Ask(A::FileInPlace),
                    (_, EntryKind::Link) => Ask(A::LinkInPlace),
                    (_, EntryKind::Other) => Ask(A::SpecialInPlace),
                };
                assert_eq!(decided, expected, "{policy:?} {source:?} {target:?}");
            }
        }
    }
}

#[test]
fn an_unknown_source_size_is_asked_about() {
    for policy in [Policy::SizeDiffers, Policy::Resume] {
        let decided = decide(policy, &file(None, at(NOON)), Some(&file(Some(1), at(NOON))), 0);
        assert_eq!(decided, Ask(A::SizeUnknown));
    }
}

#[test]
fn t10_times_are_compared_as_far_as_both_sides_know_them() {
    let cases = [
        (at(NOON), at(NOON), 0, Age::Same),
        (at(NOON + 1), at(NOON), 0, Age::Newer),
        (at(NOON), at(NOON + 1), 0, Age::Older),
        // FAT rounds to two seconds.
        (at(NOON + 2), at(NOON), FAT_TOLERANCE, Age::Same),
        (at(NOON + 3), at(NOON), FAT_TOLERANCE, Age::Newer),
        (at(NOON), at(NOON + 3), FAT_TOLERANCE, Age::Older),
        // A listing of minutes.
        (at(NOON + 59), minute(NOON), 0, Age::Same),
        (at(NOON + 60), minute(NOON), 0, Age::Newer),
        (minute(NOON), at(NOON + 59), 0, Age::Same),
        (minute(NOON), at(NOON + 60), 0, Age::Older),
        (at(NOON - 1), minute(NOON), 0, Age::Older),
        (minute(NOON), minute(NOON + 59), 0, Age::Same),
        (minute(NOON + 60), minute(NOON), 0, Age::Newer),
        // A listing of days.
        (at(NOON), day(NOON), 0, Age::Same),
        (minute(NOON), day(NOON), 0, Age::Same),
        (at(NOON + 86_400), day(NOON), 0, Age::Newer),
        (at(NOON - 86_400), day(NOON), 0, Age::Older),
        (None, day(NOON), 0, Age::Unknown),
        (day(NOON), None, 0, Age::Unknown),
        // No arithmetic runs over.
        (at(i64::MAX), at(i64::MIN), u64::MAX, Age::Same),
        (day(i64::MAX), at(i64::MIN), 0, Age::Newer),
    ];
    for (source, target, tolerance, expected) in cases {
        assert_eq!(age(source, target, tolerance), expected, "{source:?} {target:?} {tolerance}");
    }
}

#[test]
fn t10_a_day_stays_a_day_under_a_clock_offset() {
    let shifted = day(NOON).map(|time| Modified { seconds: time.seconds + 7_200, ..time });
    assert_eq!(age(at(NOON - 43_200 + 7_200), shifted, 0), Age::Same);
    assert_eq!(age(at(NOON + 43_200 + 7_199), shifted, 0), Age::Same);
    assert_eq!(age(at(NOON + 43_200 + 7_200), shifted, 0), Age::Newer);
}

#[test]
fn t10_an_unknown_zone_is_no_difference() {
    let local = |time: Option<Modified>| time.map(|time| Modified { utc: false, ..time });
    assert_eq!(age(at(NOON + 3_600), local(at(NOON)), 0), Age::Unknown);
    assert_eq!(age(at(NOON), local(at(NOON)), 0), Age::Unknown);
    assert_eq!(age(at(NOON + 14 * 3600 + 1), local(at(NOON)), 0), Age::Newer);
    assert_eq!(age(local(at(NOON)), at(NOON + 14 * 3600 + 1), 0), Age::Older);
    assert_eq!(age(local(at(NOON + 1)), local(at(NOON)), 0), Age::Newer);
    let decided = decide(
        Policy::Newer,
        &file(None, at(NOON + 3_600)),
        Some(&file(None, local(at(NOON)))),
        FAT_TOLERANCE,
    );
    assert_eq!(decided, Ask(A::TimeUnknown));
}

/// A name, the names that are taken, and what comes of it.
type NameCase = (&'static [u8], &'static [&'static [u8]], &'static [u8]);

#[test]
fn names_are_counted_on() {
    let cases: [NameCase; 18] = [
        (b"report.pdf", &[], b"report (2).pdf"),
        (b"report.pdf", &[b"report (2).pdf"], b"report (3).pdf"),
        (b"report (2).pdf", &[], b"report (3).pdf"),
        (b"report (9998).pdf", &[], b"report (9999).pdf"),
        (b"report (9999).pdf", &[], b"report (9999) (2).pdf"),
        (b"a.tar.gz", &[], b"a (2).tar.gz"),
        (b"a.TAR.zst", &[], b"a (2).TAR.zst"),
        (b".tar.gz", &[], b".tar (2).gz"),
        (b"a.min.js", &[], b"a.min (2).js"),
        (b".bashrc", &[], b".bashrc (2)"),
        (b"README", &[], b"README (2)"),
        (b"ends.", &[], b"ends. (2)"),
        (b"backup.2024", &[], b"backup.2024 (2)"),
        (b"Vol. 1 of the works", &[], b"Vol. 1 of the works (2)"),
        (b"(2).txt", &[], b"(2) (2).txt"),
        (b"a (02).txt", &[], b"a (02) (2).txt"),
        (b"\xff\xfe.txt", &[], b"\xff\xfe (2).txt"),
        ("Bericht ä.ödt".as_bytes(), &[], "Bericht ä (2).ödt".as_bytes()),
    ];
    for (name, taken, expected) in cases {
        let taken: BTreeSet<&[u8]> = taken.iter().copied().collect();
        let unique = unique_name(&Name::new(name).unwrap(), |name| taken.contains(name.as_bytes())).unwrap();
        assert_eq!(unique.as_bytes(), expected, "{unique}");
    }
}

#[test]
fn names_stay_within_their_bounds() {
    let long = Name::new("ä".repeat(126) + ".txt").unwrap();
    let unique = unique_name(&long, |_| false).unwrap();
    assert!(unique.as_bytes().len() <= MOST_NAME_BYTES);
    assert!(std::str::from_utf8(unique.as_bytes()).unwrap().ends_with("ä (2).txt"));
    let raw = Name::new(vec![0xff; 300]).unwrap();
    assert_eq!(unique_name(&raw, |_| false).unwrap().as_bytes().len(), MOST_NAME_BYTES);
    let mut tries = 0;
    let none = unique_name(&long, |_| {
        tries += 1;
        true
    });
    assert_eq!(none, None);
    assert_eq!(tries, MOST_NUMBER - 1);
}
