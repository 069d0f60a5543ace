use super::*;
use crate::habits::{Form, Habit};
use crate::parse::feat;
use crate::reply::Reply;
use proptest::prelude::*;

fn features(lines: &[&str]) -> Features {
    let lines = ["list"].iter().chain(lines).chain(&["end"]).map(|line| line.as_bytes().to_vec());
    feat(&Reply::new(211, lines.collect()))
}

fn habits() -> impl Strategy<Value = Habits> {
    proptest::collection::vec((0..Form::ALL.len(), any::<bool>()), 0..40).prop_map(|known| {
        let mut habits = Habits::default();
        for (form, works) in known {
            habits.learn(Form::ALL[form], if works { Habit::Works } else { Habit::Missing });
        }
        habits
    })
}

fn quirks() -> impl Strategy<Value = Quirks> {
    use DataWay::{Active, ExtendedActive, ExtendedPassive, Passive};
    let way = proptest::sample::select(vec![ExtendedPassive, Passive, Active, ExtendedActive]);
    let tls12 = proptest::sample::select(vec![Tls12::Untried, Tls12::Lowered, Tls12::Refused]);
    (
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<Option<bool>>()),
        (proptest::option::of(way), tls12, habits()),
        (proptest::option::of(-2_879..2_880i32), proptest::option::of(1..=u16::MAX), any::<Option<u64>>()),
    )
        .prop_map(
            |(
                (lock_step, patient, no_mlsd, list_all),
                (way, tls12, habits),
                (clock_offset, limit, features),
            )| {
                Quirks {
                    lock_step,
                    patient,
                    way,
                    no_mlsd,
                    list_all,
                    tls12,
                    habits,
                    clock_offset,
                    limit,
                    features,
                }
            },
        )
}

proptest! {
    #[test]
    fn text_leads_back(quirks in quirks()) {
        let text = quirks.to_text();
        prop_assert!(text.len() < MAX_TEXT);
        prop_assert!(text.lines().all(|line| line.matches('=').count() == 1));
        prop_assert_eq!(Quirks::from_text(&text), quirks);
    }

    #[test]
    fn hostile_text_is_read_without_harm(text in any::<String>(), key in "[a-z0-9 -]{0,12}", value in "\\PC{0,20}") {
        for text in [text.clone(), format!("{key}={value}\n{text}"), format!("limit={value}\nclock-offset={value}")] {
            let read = Quirks::from_text(&text);
            // What was made of it is a value like any other.
            prop_assert_eq!(Quirks::from_text(&read.to_text()), read);
        }
    }

    #[test]
    fn two_sessions_learn_each_their_own(base in quirks(), one in quirks(), other in quirks()) {
        // From one session nothing is lost.
        let mut all = base.clone();
        all.take_over(&base, &one);
        for (form, habit) in one.habits.iter() {
            prop_assert_eq!(all.habits.of(form), Some(habit));
        }
        prop_assert_eq!((all.way, all.clock_offset, all.limit), (one.way, one.clock_offset, one.limit));
        // What the other has not changed stays as the first left it.
        let untouched = Quirks { clock_offset: base.clock_offset, ..other };
        all.take_over(&base, &untouched);
        prop_assert_eq!(all.clock_offset, one.clock_offset);
    }
}

#[test]
fn what_was_not_known_is_ignored_and_too_much_is_not_read() {
    let quirks = Quirks::from_text(
        "limit=3\r\nnew-thing=7\nlimit\n=\nway=NEITHER\nclock-offset=99999\nform XXXX=works\nlock-step=yes",
    );
    assert_eq!(quirks, Quirks { limit: Some(3), lock_step: true, ..Quirks::default() });
    assert_eq!(Quirks::from_text("limit=0"), Quirks::default());
    let long = format!("{}\nlimit=3", "ä".repeat(MAX_TEXT));
    assert_eq!(Quirks::from_text(&long), Quirks::default());
    let mut all = Quirks::default();
    Form::ALL.iter().for_each(|form| all.habits.learn(*form, Habit::Missing));
    assert!(all.to_text().len() < MAX_TEXT / 2);
}

#[test]
fn what_is_missing_is_forgotten_when_feat_answers_otherwise() {
    let mut quirks = Quirks { no_mlsd: true, clock_offset: Some(60), ..Quirks::default() };
    quirks.habits.learn(Form::Mfmt, Habit::Missing);
    quirks.habits.learn(Form::SiteUtime, Habit::Works);
    let learned = quirks.habits.clone();
    quirks.offered(&features(&["MLST type*;size;", "UTF8"]));
    // Learned by an older version, or where FEAT was refused: nothing contradicts it.
    assert_eq!((&quirks.habits, quirks.no_mlsd), (&learned, true));
    // The same but for what is selected, and no list at all.
    quirks.offered(&features(&["MLST type;size*;", "UTF8"]));
    quirks.offered(&feat(&Reply::new(500, vec![b"what?".to_vec()])));
    assert_eq!((&quirks.habits, quirks.no_mlsd), (&learned, true));
    quirks.offered(&features(&["MLST type;size*;", "MFMT"]));
    assert_eq!(quirks.habits.of(Form::Mfmt), None);
    assert_eq!(quirks.habits.of(Form::SiteUtime), Some(Habit::Works));
    assert_eq!((quirks.no_mlsd, quirks.clock_offset), (false, Some(60)));
}
