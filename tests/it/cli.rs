//! The command line client as a process, against Pure-FTPd.

use crate::setup::{RelayProcess, Way};
use std::path::Path;
use std::process::Output;
use tokio::process::Command;
use towpath_tests::driver::pattern;
use towpath_tests::server::{PASSWORD, Security, Server, Software};

struct Cli {
    server: Server,
    options: Vec<String>,
    password: &'static str,
}

impl Cli {
    fn new(options: &[&str]) -> Cli {
        let server = Server::start(Software::PureFtpd, Security::Tls13).unwrap();
        Cli { server, options: options.iter().map(|o| (*o).to_owned()).collect(), password: PASSWORD }
    }

    fn url(&self, path: &str) -> String {
        format!("ftp://{}@127.0.0.1:{}{path}", self.server.user(), self.server.port())
    }

    async fn run(&self, arguments: &[&str], directory: &Path) -> Output {
        Command::new(env!("CARGO_BIN_EXE_towpath-cli"))
            .args(&self.options)
            .args(arguments)
            .env("TOWPATH_PASSWORD", self.password)
            .current_dir(directory)
            .stdin(std::process::Stdio::null())
            .output()
            .await
            .unwrap()
    }

    async fn done(&self, arguments: &[&str], directory: &Path) -> String {
        let output = self.run(arguments, directory).await;
        assert!(output.status.success(), "{arguments:?}: {output:?}\n{}", self.server.log());
        assert!(!String::from_utf8_lossy(&output.stderr).contains(PASSWORD));
        String::from_utf8(output.stdout).unwrap()
    }
}

async fn journey(cli: Cli) {
    let local = tempfile::tempdir().unwrap();
    let local = local.path();
    std::fs::write(local.join("report.txt"), "forty-two\n").unwrap();

    cli.done(&["mkdir", &cli.url("/papers")], local).await;
    cli.done(&["put", &cli.url("/papers/"), "report.txt"], local).await;
    assert_eq!(std::fs::read(cli.server.root().join("papers/report.txt")).unwrap(), b"forty-two\n");

    let listing = cli.done(&["ls", &cli.url("/papers")], local).await;
    let row = listing.lines().next().unwrap();
    assert!(row.starts_with("-rw-r--r-- ") && row.ends_with(" report.txt"), "{listing}");
    assert!(row.contains(" 10 ") && listing.lines().count() == 1, "{listing}");

    cli.done(&["mv", &cli.url("/papers/report.txt"), "/papers/final report.txt"], local).await;
    cli.done(&["get", &cli.url("/papers/final%20report.txt")], local).await;
    assert_eq!(std::fs::read(local.join("final report.txt")).unwrap(), b"forty-two\n");
    cli.done(&["get", &cli.url("/papers/final%20report.txt"), "copy.txt"], local).await;
    assert_eq!(std::fs::read(local.join("copy.txt")).unwrap(), b"forty-two\n");

    // What is not there leaves nothing behind, and the error has the server's words.
    let missing = cli.run(&["get", &cli.url("/papers/none.txt")], local).await;
    assert_eq!(missing.status.code(), Some(6), "{missing:?}");
    assert!(String::from_utf8_lossy(&missing.stderr).contains("(server: 550 "), "{missing:?}");
    let left: Vec<_> = std::fs::read_dir(local).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");

    cli.done(&["rm", &cli.url("/papers/final%20report.txt")], local).await;
    assert_eq!(std::fs::read_dir(cli.server.root().join("papers")).unwrap().count(), 0);
    cli.done(&["put", &cli.url("/papers/again.txt"), "copy.txt"], local).await;
    cli.done(&["rm", "--recursive", &cli.url("/papers")], local).await;
    assert!(!cli.server.root().join("papers").exists());

    let log = cli.done(&["log", &cli.url("/")], local).await;
    assert!(log.starts_with("Status: Connecting to 127.0.0.1:"), "{log}");
    for line in ["Command: AUTH TLS", "Status: TLS connection established.", "Status: Connected"] {
        assert!(log.lines().any(|logged| logged == line), "{line} is missing from\n{log}");
    }
    assert!(log.contains("\nCommand: PASS ****") && !log.contains(PASSWORD), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_make_the_whole_journey() {
    journey(Cli::new(&["--insecure", "--tls", "explicit"])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_make_the_whole_journey_through_the_relay() {
    let mut cli = Cli::new(&["--insecure"]);
    let relay = RelayProcess::start(&[cli.server.port()]).await;
    cli.options.extend(["--via".to_owned(), relay.address()]);
    journey(cli).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_options_of_transfers_do_what_they_say() {
    let cli = Cli::new(&["--insecure", "--active"]);
    let local = tempfile::tempdir().unwrap();
    let local = local.path();
    let root = cli.server.root();
    let mut bytes = vec![0; 9 * 1024 * 1024];
    pattern(0, &mut bytes);
    let file = local.join("file");
    std::fs::write(&file, &bytes).unwrap();
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
    let dated = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap() == time;

    cli.done(&["put", "--part", "--keep-time", &cli.url("/"), "file"], local).await;
    assert!(std::fs::read(root.join("file")).unwrap() == bytes && dated(&root.join("file")));
    cli.done(&["chmod", "600", &cli.url("/file")], local).await;
    let listing = cli.done(&["ls", &cli.url("/")], local).await;
    assert!(listing.starts_with("-rw------- "), "{listing}");

    // What an earlier try left.
    std::fs::write(local.join("again.part"), &bytes[..3_000_000]).unwrap();
    cli.done(&["get", "--resume", "--keep-time", &cli.url("/file"), "again"], local).await;
    assert!(std::fs::read(local.join("again")).unwrap() == bytes && dated(&local.join("again")));
    std::fs::write(local.join("other.part"), vec![7; 3_000_000]).unwrap();
    let differs = cli.run(&["get", "--resume", &cli.url("/file"), "other"], local).await;
    assert_eq!(differs.status.code(), Some(8), "{differs:?}");
    assert!(local.join("other.part").exists() && !local.join("other").exists());
    cli.done(&["get", "--segments", "3", &cli.url("/file"), "segments"], local).await;
    assert!(std::fs::read(local.join("segments")).unwrap() == bytes);

    std::fs::write(local.join("text"), "one\ntwo\n").unwrap();
    cli.done(&["put", "--ascii", &cli.url("/"), "text"], local).await;
    cli.done(&["put", "--append", &cli.url("/text"), "text"], local).await;
    cli.done(&["get", "--ascii", &cli.url("/text"), "both"], local).await;
    assert_eq!(std::fs::read(local.join("both")).unwrap(), b"one\ntwo\none\ntwo\n");
    std::fs::write(local.join("text"), "one\ntwo\none\ntwo\nthree\n").unwrap();
    cli.done(&["put", "--resume", &cli.url("/"), "text"], local).await;
    assert_eq!(std::fs::read(root.join("text")).unwrap(), b"one\ntwo\none\ntwo\nthree\n");

    // Pure-FTPd has neither checksums nor MODE Z: the first is said, the second is an offer.
    let output = cli.run(&["get", "--verify", "--compress", &cli.url("/text"), "verified"], local).await;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && text.contains("not verified"), "{text}");
}

async fn directories(mut cli: Cli, way: Way) {
    let relay = match way {
        Way::Native => None,
        Way::Relay => Some(RelayProcess::start(&[cli.server.port()]).await),
    };
    if let Some(relay) = &relay {
        cli.options.extend(["--via".to_owned(), relay.address()]);
    }
    let local = tempfile::tempdir().unwrap();
    let local = local.path();
    let root = cli.server.root();
    for (name, text) in
        [("site/index.html", "<p>"), ("site/img/a.png", "a"), ("site/img/b.png", "bb"), ("site/zero", "")]
    {
        let path = local.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::fs::create_dir(local.join("site/empty")).unwrap();
    let list = |root: &Path| {
        let output = std::process::Command::new("find").arg(".").current_dir(root).output().unwrap();
        let mut lines: Vec<String> =
            String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    cli.done(&["put", "-r", &cli.url("/www"), "site"], local).await;
    assert_eq!(list(&root.join("www")), list(&local.join("site")));
    cli.done(&["get", "--recursive", &cli.url("/www"), "back"], local).await;
    cli.done(&["get", "--recursive", &cli.url("/www")], local).await;
    assert_eq!(
        (list(&local.join("back")), list(&local.join("www"))),
        (list(&local.join("site")), list(&local.join("site")))
    );
    // What is there stays if nobody is there to decide, or as it was said.
    std::fs::write(local.join("back/index.html"), "mine").unwrap();
    cli.done(&["get", "-r", &cli.url("/www"), "back"], local).await;
    assert_eq!(std::fs::read(local.join("back/index.html")).unwrap(), b"mine");
    cli.done(&["get", "-r", "--conflicts", "overwrite", &cli.url("/www"), "back"], local).await;
    assert_eq!(std::fs::read(local.join("back/index.html")).unwrap(), b"<p>");
    cli.done(&["cp", "-r", &cli.url("/www"), "/copy"], local).await;
    cli.done(&["cp", &cli.url("/www/index.html"), "/copy/start.html"], local).await;
    assert_eq!(std::fs::read(root.join("copy/start.html")).unwrap(), b"<p>");

    std::fs::write(local.join("site/index.html"), "<p>changed").unwrap();
    std::fs::remove_file(local.join("site/img/a.png")).unwrap();
    let before = list(&root.join("www"));
    let plan = cli.done(&["mirror", &cli.url("/www"), "site", "--delete", "--dry-run"], local).await;
    for line in ["upload index.html (SizeDiffers, 10 bytes)", "delete there img/a.png (Extra)"] {
        assert!(plan.lines().any(|printed| printed == line), "{plan}");
    }
    assert!(
        plan.ends_with(
            "up 1 files, 10 bytes; down 0 files, 0 bytes; 1 deletions there, 0 here; 0 conflicts\n"
        ),
        "{plan}"
    );
    assert_eq!(list(&root.join("www")), before, "a dry run changes nothing");
    cli.done(&["mirror", &cli.url("/www"), "site", "--delete"], local).await;
    assert_eq!(list(&root.join("www")), list(&local.join("site")));
    assert_eq!(std::fs::read(root.join("www/index.html")).unwrap(), b"<p>changed");
    cli.done(&["mirror", "--down", "--by", "size", &cli.url("/www"), "fresh"], local).await;
    assert_eq!(list(&local.join("fresh")), list(&local.join("site")));
    // An empty side does not empty the other unless it is meant.
    std::fs::create_dir(local.join("nothing")).unwrap();
    let most = cli.run(&["mirror", "--delete", &cli.url("/www"), "nothing"], local).await;
    let text = String::from_utf8_lossy(&most.stderr).into_owned();
    assert!(!most.status.success() && text.contains("More than half"), "{text}");
    assert_eq!(list(&root.join("www")), list(&local.join("site")));
    // Changes on both sides, and a file of which nobody knows.
    std::fs::write(local.join("fresh/mine"), "m").unwrap();
    std::fs::write(local.join("fresh/index.html"), "<p>differs in its size").unwrap();
    let open = cli.run(&["mirror", "--both", "--by", "size", &cli.url("/www"), "fresh"], local).await;
    assert_eq!(open.status.code(), Some(7), "{open:?}");
    assert!(String::from_utf8_lossy(&open.stderr).contains("conflict index.html"), "{open:?}");
    assert!(root.join("www/mine").is_file());
    let none = cli.run(&["get", "-r", &cli.url("/none"), "none"], local).await;
    assert!(none.status.code() == Some(6) && !local.join("none").exists(), "{none:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn directories_make_the_whole_journey() {
    directories(Cli::new(&["--insecure", "--tls", "explicit"]), Way::Native).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn directories_make_the_whole_journey_through_the_relay() {
    directories(Cli::new(&["--insecure"]), Way::Relay).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_said_so() {
    let mut cli = Cli::new(&["--insecure"]);
    cli.password = "wrong-and-secret";
    let output = cli.run(&["ls", &cli.url("/")], Path::new(".")).await;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{text}");
    assert!(text.contains("(server: 530 "), "{text}");
    assert!(output.stdout.is_empty() && !text.contains(cli.password), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_certificate_is_not_trusted_without_a_person() {
    let cli = Cli::new(&["--tls", "explicit"]);
    let output = cli.run(&["ls", &cli.url("/")], Path::new(".")).await;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.contains("certificate is self-signed") && text.contains("was not accepted"), "{text}");
    assert!(!cli.server.log().contains("PASS"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_reached_or_read_has_its_exit_code() {
    let cli = Cli::new(&["--insecure"]);
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let here = Path::new(".");
    for (arguments, code, words) in [
        (vec!["ls".to_owned(), format!("ftp://127.0.0.1:{port}/")], 3, "refused"),
        (vec!["ls".to_owned(), "http://127.0.0.1/".to_owned()], 2, "ftp://"),
        (vec!["put".to_owned(), cli.url("/"), "no-such-file".to_owned()], 8, "no-such-file"),
        (
            vec!["--via".to_owned(), "ws://127.0.0.1:1/tunnel".to_owned(), "ls".to_owned(), cli.url("/")],
            3,
            "relay",
        ),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = cli.run(&arguments, here).await;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(words), "{arguments:?}: {text}");
    }
}

/// A relay that asks for a token gets it from the file or the environment, and says so where there is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_comes_from_the_file_or_the_environment() {
    let server = towpath_relay::demo::Server::start().await.unwrap();
    let mut config = server.config();
    let (token, _) = towpath_relay::new_token("ann").unwrap();
    config.access.modes = vec![towpath_relay::Mode::Token];
    config.tokens = vec![towpath_relay::Token {
        user: "ann".into(),
        hash: towpath_relay::TokenHash::of(&token),
        expires: None,
        sites: None,
    }];
    let relay = RelayProcess::with(config).await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, format!("{token}\n").as_bytes()).unwrap();
    let url = format!("ftp://127.0.0.1:{}/", server.port());
    let run = |options: &[&std::ffi::OsStr], variable: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath-cli"));
        command.env_remove("TOWPATH_TOKEN").envs(variable.map(|token| ("TOWPATH_TOKEN", token)));
        command.args(["--tls", "none", "--via", &relay.address()]).args(options).args(["ls", &url]);
        command.stdin(std::process::Stdio::null()).output()
    };
    let by_file = [std::ffi::OsStr::new("--token-file"), file.path().as_os_str()];
    for (options, variable) in
        [(&by_file[..], None), (&[], Some(token.as_str())), (&by_file, Some("tp_wrong"))]
    {
        let output = run(options, variable).await.unwrap();
        assert!(output.status.success() && !output.stdout.is_empty(), "{options:?}: {output:?}");
    }
    for variable in [None, Some("tp_wrong"), Some("")] {
        let output = run(&[], variable).await.unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("access token") && !error.contains("tp_wrong"), "{error}");
    }
}
