//! Places that are taken.

use towpath_ftp::conflict::{AskReason, Policy};
use towpath_ftp::tree::{Answer, TreeSettings, Why};

use crate::model::{Files, World};
use crate::transfers::{download, settings, upload};

fn world(policy: Policy) -> World {
    let remote = Files::of(&["a=new", "b=newer", "c=x", "d/", "d/i=in", "e=file"]);
    let local = Files::of(&["a=old", "b=old", "d/", "d/i=out", "e/"]);
    download(&remote, local, TreeSettings { policy, ..settings() })
}

#[test]
fn policies_decide_without_a_person() {
    let mut skip = world(Policy::Skip);
    skip.begin();
    assert_eq!(skip.end().counts.skipped, 4);
    assert_eq!(skip.local.lines(), ["a=old", "b=old", "c=x", "d/", "d/i=out", "e/"]);

    let mut rename = world(Policy::Rename);
    rename.begin();
    assert!(rename.end().is_whole());
    let lines = rename.local.lines();
    for line in ["a (2)=new", "a=old", "b (2)=newer", "c=x", "d/i (2)=in", "e (2)=file"] {
        assert!(lines.contains(&line.to_owned()), "{lines:?}");
    }

    let mut differs = world(Policy::SizeDiffers);
    differs.begin();
    differs.run();
    differs.answer(Answer::Skip, false);
    differs.end();
    assert_eq!(differs.local.lines(), ["a=old", "b=newer", "c=x", "d/", "d/i=in", "e/"]);
}

#[test]
fn a_person_is_asked_once_at_a_time_and_the_rest_goes_on() {
    let mut world = world(Policy::Ask);
    world.begin();
    world.run();
    assert_eq!(world.questions.len(), 1);
    assert!(world.log.contains(&"get /c".to_owned()) && world.log.contains(&"list here d".to_owned()));
    let question = world.answer(Answer::Overwrite, false);
    assert_eq!((question.reason, question.source.to_string()), (AskReason::Exists, "/a".to_owned()));
    world.run();
    let question = world.answer(Answer::Rename, true);
    assert_eq!(question.source.to_string(), "/b");
    world.run();
    // Another reason is another question.
    let question = world.answer(Answer::Overwrite, true);
    assert_eq!(question.reason, AskReason::DirectoryInPlace);
    let summary = world.end();
    assert_eq!(summary.left_out.len(), 1);
    assert_eq!(summary.left_out[0].1, Why::InPlace(AskReason::DirectoryInPlace));
    assert_eq!(
        world.local.lines(),
        ["a=new", "b=old", "b (2)=newer", "c=x", "d/", "d/i=out", "d/i (2)=in", "e/"]
    );
}

#[test]
fn t4_a_part_is_gone_on_with() {
    let local = Files::of(&["a=123456", "b=12"]);
    let remote = Files::of(&["up/", "up/a=123", "up/b=123"]);
    let mut world = upload(remote, &local, TreeSettings { policy: Policy::Resume, ..settings() });
    world.begin();
    world.run();
    let question = world.answer(Answer::Resume, false);
    assert_eq!(question.reason, AskReason::TargetLarger);
    let summary = world.end();
    assert_eq!(summary.counts.bytes, 3);
    assert_eq!(summary.left_out[0].1, Why::CannotResume);
    assert_eq!(world.remote.lines(), ["up/", "up/a=123456", "up/b=123"]);
}

#[test]
fn an_answer_to_another_question_is_none() {
    let mut world = world(Policy::Ask);
    world.begin();
    world.run();
    let (id, _) = world.questions[0];
    world.answer(Answer::Skip, false);
    world.questions.clear();
    world.give(towpath_ftp::tree::TreeInput::Answer(id, Answer::Overwrite, true));
    assert!(world.questions.is_empty());
    assert_eq!(world.local.lines()[0], "a=old");
}
