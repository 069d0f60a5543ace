use super::super::action::{Answer, NewDownload};
use super::super::browser::Go;
use super::super::dialog::{Choice, DeletionStage, NewUpload};
use super::super::jobs::Progress;
use super::super::listing::row;
use super::super::selection::Grip;
use super::super::session::Phase;
use super::super::site::Site;
use super::*;
use crate::protocol::*;

fn site() -> Site {
    Site { host: "h".into(), port: 21, user: "u".into(), ..Site::default() }
}

fn failure(message: &str) -> Failure {
    Failure {
        stage: Stage::Server,
        cancelled: false,
        credentials: false,
        message: message.into(),
        reply: None,
        advice: String::new(),
    }
}

fn hear(state: &mut State, update: Update) -> Vec<Effect> {
    let id = state.session.as_ref().map_or(SessionId(0), |session| session.id);
    state.reduce(Action::Heard(Box::new(FromWorker::Session(id, update)), 0))
}

/// The commands among the effects.
fn commands(effects: &[Effect]) -> Vec<&Command> {
    let command = |effect| match effect {
        &Effect::Send(ToWorker::Session(_, ref command)) => Some(command),
        _ => None,
    };
    effects.iter().filter_map(command).collect()
}

fn listing(effects: &[Effect]) -> RequestId {
    let found = commands(effects).into_iter().find_map(|command| match command {
        Command::List(request, _) => Some(*request),
        _ => None,
    });
    found.expect("a listing was asked for")
}

fn answer_listing(state: &mut State, request: RequestId, path: &str, names: &[(&str, RowKind)]) {
    let path = Bytes::text(path);
    let rows = names.iter().map(|(name, kind)| row(name, *kind, 10)).collect();
    hear(state, Update::Rows { request, path: path.clone(), rows });
    let outcome = Outcome::Listing { path, rows: names.len() as u64, unread: Vec::new() };
    hear(state, Update::Done { request, outcome });
}

/// Logged in, at `/`, with a folder and two files.
fn browsing() -> State {
    let mut state = State::new(Memory::default());
    state.reduce(Action::SignIn(site(), "secret".into()));
    let effects = hear(&mut state, Update::Connected(Server::default()));
    let files = [("www", RowKind::Directory), ("a.txt", RowKind::File), ("b.txt", RowKind::File)];
    answer_listing(&mut state, listing(&effects), "/", &files);
    state
}

fn select(state: &mut State, name: &str, grip: Grip) {
    let row = state.browser.entries.iter().position(|entry| entry.row.name.text == name);
    let row = u32::try_from(row.expect("a row of that name")).expect("few rows");
    state.reduce(Action::Grip(row, grip));
}

fn upload(job: u32, name: &str) -> NewUpload {
    NewUpload { job: JobId(job), name: name.into(), size: 5, modified: None }
}

fn uploads(effects: &[Effect]) -> Vec<(u32, String)> {
    let sent = |command: &Command| match command {
        Command::Upload { job, path, .. } => Some((job.0, path.text.clone())),
        _ => None,
    };
    commands(effects).into_iter().filter_map(sent).collect()
}

/// A card of the relay with a stored password: one click, and nothing of it is remembered past what the relay offers.
#[test]
fn a_site_with_a_stored_password_needs_none_from_a_person() {
    let mut state = State::new(Memory::default());
    let offered = Site { stored_password: true, ..site() };
    let effects = state.reduce(Action::SignIn(offered.clone(), String::new()));
    let [Command::Connect(connect)] = commands(&effects)[..] else { panic!() };
    assert!(connect.stored_password && connect.password.is_empty());
    let json = serde_json::to_string(&offered).unwrap();
    let recent: Site = serde_json::from_str(&json).unwrap();
    assert!(!recent.stored_password);
    assert!(recent.as_offered(std::slice::from_ref(&offered)).stored_password);
    let other = Site { user: "other".into(), ..recent.clone() };
    assert!(!other.as_offered(std::slice::from_ref(&offered)).stored_password);
    assert!(!offered.as_offered(&[]).stored_password, "the relay has it no more");
}

#[test]
fn a_login_leads_to_a_listing_and_is_remembered_without_its_password() {
    let mut state = State::new(Memory::default());
    let effects = state.reduce(Action::SignIn(site(), "secret".into()));
    assert!(matches!(commands(&effects)[..], [Command::Connect(connect)] if connect.password == "secret"));
    let effects = hear(&mut state, Update::Connected(Server::default()));
    let remembered = effects.iter().find_map(|effect| match effect {
        Effect::Remember(memory) => Some(memory.to_json()),
        _ => None,
    });
    let remembered = remembered.unwrap();
    assert!(remembered.contains("\"host\":\"h\"") && !remembered.contains("secret"));
    listing(&effects);
}

#[test]
fn a_start_folder_is_listed_first() {
    let mut state = State::new(Memory::default());
    state.reduce(Action::SignIn(Site { path: Some("/www".into()), ..site() }, String::new()));
    let effects = hear(&mut state, Update::Connected(Server::default()));
    assert!(matches!(commands(&effects)[..], [Command::List(_, Some(path))] if path.text == "/www"));
}

#[test]
fn always_trusting_remembers_the_key_and_the_next_login_sends_it() {
    let mut state = State::new(Memory::default());
    state.reduce(Action::SignIn(site(), String::new()));
    let leaf = Certificate { spki_sha256: "k".into(), ..Certificate::default() };
    let tls = TlsSession {
        problem: Some(Problem::SelfSigned),
        version: String::new(),
        key_exchange: String::new(),
        cipher: String::new(),
        chain: vec![leaf],
    };
    hear(&mut state, Update::Asked(Question::Certificate { tls, changed: false }));
    let effects = state.reduce(Action::Answer(Answer::Always));
    assert!(matches!(commands(&effects)[..], [Command::Answer(true)]));
    assert!(state.reduce(Action::Answer(Answer::Once)).is_empty(), "a question is answered once");
    let effects = state.reduce(Action::SignIn(site(), String::new()));
    assert!(
        matches!(commands(&effects)[..], [Command::Disconnect, Command::Connect(connect)] if connect.pins == ["k"])
    );
}

#[test]
fn words_of_a_closed_session_concern_nobody() {
    let mut state = browsing();
    let old = state.session.as_ref().unwrap().id;
    state.reduce(Action::Disconnect);
    state.reduce(Action::SignIn(site(), String::new()));
    let late = FromWorker::Session(old, Update::Disconnected(Some(failure("late"))));
    assert!(state.reduce(Action::Heard(Box::new(late), 0)).is_empty());
    assert!(state.session.as_ref().unwrap().phase == Phase::Connecting);
}

#[test]
fn a_lost_session_keeps_the_folder_and_comes_back_to_it() {
    let mut state = browsing();
    state.reduce(Action::Download(vec![NewDownload {
        job: JobId(1),
        name: "a.txt".into(),
        path: Bytes::text("/a.txt"),
        size: Some(10),
        sink: Sink::Private,
    }]));
    hear(&mut state, Update::Disconnected(Some(failure("gone"))));
    assert!(matches!(state.jobs.get(JobId(1)).unwrap().progress, Progress::Failed(..)));
    assert_eq!(state.browser.order.len(), 3);
    assert!(state.reduce(Action::Go(Go::Again)).is_empty(), "nobody is asked while there is no session");
    let effects = state.reduce(Action::Reconnect);
    assert!(matches!(commands(&effects)[..], [Command::Connect(connect)] if connect.password == "secret"));
    let effects = hear(&mut state, Update::Connected(Server::default()));
    assert!(matches!(commands(&effects)[..], [Command::List(_, Some(path))] if path.text == "/"));
}

#[test]
fn refusing_a_certificate_is_no_failure() {
    let mut state = State::new(Memory::default());
    state.reduce(Action::SignIn(site(), String::new()));
    hear(&mut state, Update::Disconnected(Some(Failure { cancelled: true, ..failure("not accepted") })));
    assert!(state.session.is_none());
}

#[test]
fn files_alone_need_no_counting_and_folders_do() {
    let mut state = browsing();
    select(&mut state, "a.txt", Grip::Only);
    select(&mut state, "b.txt", Grip::Toggle);
    assert!(state.reduce(Action::AskDelete).is_empty());
    assert!(matches!(&*state.dialog.clone().unwrap(), Dialog::Delete(deletion)
        if deletion.stage == DeletionStage::Ready && deletion.tree == Tree { files: 2, directories: 0, bytes: 20 }));
    state.reduce(Action::CloseDialog);

    select(&mut state, "www", Grip::Only);
    let effects = state.reduce(Action::AskDelete);
    let [Command::Count(request, items)] = commands(&effects)[..] else { panic!("counts first") };
    assert!(items.len() == 1 && items[0].directory);
    assert!(state.reduce(Action::Delete).is_empty(), "nothing goes before it was counted");
    let tree = Tree { files: 12, directories: 3, bytes: 99 };
    hear(&mut state, Update::Done { request: *request, outcome: Outcome::Tree(tree) });
    let effects = state.reduce(Action::Delete);
    assert!(matches!(commands(&effects)[..], [Command::Delete(..)]));
    assert!(state.reduce(Action::Delete).is_empty(), "a second press does nothing");
}

#[test]
fn a_stopped_deletion_shows_what_is_left() {
    let mut state = browsing();
    select(&mut state, "a.txt", Grip::Only);
    state.reduce(Action::AskDelete);
    let effects = state.reduce(Action::Delete);
    let [Command::Delete(request, _)] = commands(&effects)[..] else { panic!("deletes") };
    let request = *request;
    let effects = state.reduce(Action::CloseDialog);
    assert!(matches!(commands(&effects)[..], [Command::Cancel(stopped)] if *stopped == request));
    assert!(state.dialog.is_some(), "until the worker says how far it came");
    let effects = hear(
        &mut state,
        Update::Failed { request, failure: Failure { cancelled: true, ..failure("stopped") } },
    );
    assert!(state.dialog.is_none());
    listing(&effects);
}

#[test]
fn taken_names_are_asked_about_one_by_one_or_at_once() {
    let mut state = browsing();
    let batch = vec![upload(1, "a.txt"), upload(2, "new.txt"), upload(3, "b.txt"), upload(4, "www")];
    assert_eq!(uploads(&state.reduce(Action::Upload(batch))), [(2, "/new.txt".to_owned())]);
    let effects = state.reduce(Action::Resolve(Choice::Overwrite, true));
    assert_eq!(uploads(&effects), [(1, "/a.txt".to_owned()), (3, "/b.txt".to_owned())]);
    assert!(
        matches!(state.dialog.as_deref(), Some(Dialog::Exists(conflict)) if conflict.ours.name == "www"),
        "a folder is never overwritten, whatever was said of all"
    );
    assert_eq!(uploads(&state.reduce(Action::Resolve(Choice::Rename, false))), [(4, "/www (2)".to_owned())]);
    assert!(state.dialog.is_none());
}

#[test]
fn cancelling_a_conflict_lets_go_of_every_file() {
    let mut state = browsing();
    state.reduce(Action::Upload(vec![upload(1, "a.txt"), upload(2, "b.txt")]));
    let effects = state.reduce(Action::CloseDialog);
    assert!(effects == [Effect::Release(JobId(1)), Effect::Release(JobId(2))]);
    assert_eq!(state.jobs.active().count(), 0);
}

#[test]
fn two_files_of_one_name_do_not_swallow_each_other() {
    let mut state = browsing();
    let effects = state.reduce(Action::Upload(vec![upload(1, "x.txt"), upload(2, "x.txt")]));
    assert_eq!(uploads(&effects), [(1, "/x.txt".to_owned()), (2, "/x (2).txt".to_owned())]);
}

#[test]
fn the_folder_is_listed_again_when_the_last_upload_has_ended() {
    let mut state = browsing();
    state.reduce(Action::Upload(vec![upload(1, "x.txt"), upload(2, "y.txt")]));
    let done = |job| Update::JobDone { job: JobId(job), bytes: 5, file: false };
    let effects = hear(&mut state, done(1));
    assert!(commands(&effects).is_empty() && state.browser.named("x.txt").is_some());
    listing(&hear(&mut state, done(2)));
    assert_eq!((state.jobs.done().count(), state.jobs.active().count()), (2, 0));
    assert_eq!(state.announcement.1, "Uploaded y.txt");
}

#[test]
fn a_finished_private_download_is_saved_and_a_failed_one_can_be_tried_again() {
    let mut state = browsing();
    let file = |job| NewDownload {
        job: JobId(job),
        name: "a.txt".into(),
        path: Bytes::text("/a.txt"),
        size: Some(10),
        sink: Sink::Private,
    };
    state.reduce(Action::Download(vec![file(1), file(2)]));
    let effects = hear(&mut state, Update::JobDone { job: JobId(1), bytes: 10, file: true });
    assert!(effects == [Effect::Save(JobId(1), "a.txt".into()), Effect::Release(JobId(1))]);
    let effects = hear(&mut state, Update::JobFailed { job: JobId(2), failure: failure("broke") });
    assert!(effects.is_empty(), "what a retry needs is kept");
    let effects = state.reduce(Action::RetryJob(JobId(2)));
    assert!(matches!(commands(&effects)[..], [Command::Download { job: JobId(2), .. }]));
    state.reduce(Action::StopJob(JobId(2)));
    let stopped = Failure { cancelled: true, ..failure("stopped") };
    hear(&mut state, Update::JobFailed { job: JobId(2), failure: stopped });
    assert!(state.jobs.get(JobId(2)).is_none());
}

#[test]
fn a_taken_name_stops_a_new_folder_and_a_rename() {
    let mut state = browsing();
    state.reduce(Action::AskNewFolder);
    assert!(state.reduce(Action::NewFolder("www".into())).is_empty());
    assert!(state.reduce(Action::NewFolder("a/b".into())).is_empty());
    let effects = state.reduce(Action::NewFolder("new".into()));
    assert!(matches!(commands(&effects)[..], [Command::MakeDirectory(_, path)] if path.text == "/new"));

    select(&mut state, "a.txt", Grip::Only);
    state.reduce(Action::StartRename);
    assert!(state.reduce(Action::Rename("b.txt".into())).is_empty(), "many servers overwrite without a word");
    assert_eq!(state.cards.len(), 1);
    state.reduce(Action::StartRename);
    let effects = state.reduce(Action::Rename("c.txt".into()));
    assert!(matches!(commands(&effects)[..], [Command::Rename { from, to, .. }]
        if from.text == "/a.txt" && to.text == "/c.txt"));
}

#[test]
fn a_failed_refresh_is_a_card_and_a_failed_folder_is_in_place() {
    let mut state = browsing();
    let request = listing(&state.reduce(Action::Go(Go::Again)));
    hear(&mut state, Update::Failed { request, failure: failure("no") });
    assert_eq!((state.cards.len(), state.browser.order.len()), (1, 3));
    let request = listing(&state.reduce(Action::Go(Go::To(Bytes::text("/www")))));
    hear(&mut state, Update::Failed { request, failure: failure("no") });
    assert!(state.cards.len() == 1 && state.browser.failure.is_some());
}

#[test]
fn cards_are_few() {
    let mut state = browsing();
    for _ in 0..10 {
        state.complain("t".into(), failure("no"));
    }
    assert_eq!(state.cards.len(), CARDS);
    let id = state.cards[0].id;
    state.reduce(Action::Dismiss(id));
    assert_eq!(state.cards.len(), CARDS - 1);
}

#[test]
fn an_interrupted_relay_is_shown_and_sessions_stay() {
    let mut state = browsing();
    let tunnel =
        |state: &mut State, tunnel| state.reduce(Action::Heard(Box::new(FromWorker::Tunnel(tunnel)), 0));
    // Before there is a relay there is nothing to interrupt.
    tunnel(&mut state, Tunnel::Interrupted);
    assert!(matches!(*state.relay, Relay::Connecting));
    tunnel(&mut state, Tunnel::Ready { relay: "towpath/1".into(), sites: Vec::new() });
    tunnel(&mut state, Tunnel::Interrupted);
    assert!(matches!(&*state.relay, Relay::Interrupted(name) if name == "towpath/1"));
    assert!(state.session.as_ref().is_some_and(|session| matches!(session.phase, Phase::Up)));
    tunnel(&mut state, Tunnel::Resumed);
    assert!(matches!(&*state.relay, Relay::Ready(name) if name == "towpath/1"));
}

#[test]
fn a_relay_that_asks_for_a_token_gets_it_once_and_the_state_keeps_none() {
    let mut state = State::new(Memory::default());
    let tunnel =
        |state: &mut State, tunnel| state.reduce(Action::Heard(Box::new(FromWorker::Tunnel(tunnel)), 0));
    let asks = Failure { stage: Stage::Policy, credentials: true, ..failure("Who are you?") };
    tunnel(&mut state, Tunnel::Lost(asks));
    assert_eq!(state.token_wanted.as_deref(), Some("Who are you?"));
    let effects = state.reduce(Action::ShowToken("tp_1".into()));
    assert!(effects == [Effect::StartTunnel(Some(Credential::Token("tp_1".into())))]);
    // The question stays on the screen until it is answered well.
    assert!(state.token_wanted.is_some() && matches!(*state.relay, Relay::Connecting));
    tunnel(&mut state, Tunnel::Ready { relay: "towpath/1".into(), sites: Vec::new() });
    assert_eq!(state.token_wanted, None);
    assert!(state.reduce(Action::RetryRelay) == [Effect::StartTunnel(None)]);
    // Whoever is out for another reason is not asked.
    let out = Failure { stage: Stage::Policy, ..failure("You may not") };
    tunnel(&mut state, Tunnel::Lost(out));
    assert_eq!(state.token_wanted, None);
    let server = Failure { credentials: true, ..failure("530") };
    tunnel(&mut state, Tunnel::Lost(server));
    assert_eq!(state.token_wanted, None);
}
