//! What is asked of the server itself, and what a person types.

use super::super::{Bench, Outcome, check};
use towpath_ftp::{Argument, Outcome as Ending, Request, Secret, TypedLine};

/// A success, with words.
async fn words(bench: &Bench, request: Request) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let Ending::Answer { code, lines } = bench.ask(request).await? else { return Err("no answer".into()) };
    check!(code < 400 && lines.iter().any(|line| line.len() > 4), "{code} {lines:?}");
    Ok(lines)
}

pub(super) async fn help(bench: &Bench) -> Outcome {
    let lines = words(bench, Request::Help(None)).await?;
    check!(lines.len() > 1, "{lines:?}");
    Ok(())
}

pub(super) async fn help_on(bench: &Bench) -> Outcome {
    words(bench, Request::Help(Some(Argument::new("RETR")?))).await.map(drop)
}

pub(super) async fn status(bench: &Bench) -> Outcome {
    words(bench, Request::ServerStatus).await.map(drop)
}

/// A listing on the control connection.
pub(super) async fn status_of(bench: &Bench) -> Outcome {
    std::fs::create_dir_all(bench.disk.join("status"))?;
    bench.place("status/the file", b"x")?;
    let lines = words(bench, Request::StatusOf(bench.path("status"))).await?;
    check!(lines.iter().any(|line| line.contains("the file")), "{lines:?}");
    Ok(())
}

pub(super) async fn system(bench: &Bench) -> Outcome {
    words(bench, Request::SystemType).await.map(drop)
}

pub(super) async fn features(bench: &Bench) -> Outcome {
    let Ending::Features(features) = bench.ask(Request::Features).await? else { return Err("none".into()) };
    check!(features.known && !features.lines.is_empty(), "{features:?}");
    Ok(())
}

pub(super) async fn site(bench: &Bench, line: &str) -> Outcome {
    let answer = bench.ask(Request::Site(TypedLine::new(line)?)).await?;
    let Ending::Answer { code, lines } = answer else { return Err("no answer".into()) };
    check!(code < 400, "{lines:?}");
    Ok(())
}

/// What a server does not know is an answer too, and what would confuse the session is not sent.
pub(super) async fn raw(bench: &Bench) -> Outcome {
    let said = words(bench, Request::Raw(TypedLine::new("NOOP")?)).await?;
    check!(said.len() == 1, "{said:?}");
    let unknown = bench.ask(Request::Raw(TypedLine::new("XYZZY")?)).await?;
    check!(matches!(unknown, Ending::Answer { code: 500..=504, .. }), "{unknown:?}");
    let refused = bench.ask(Request::Raw(TypedLine::new("PASV")?)).await;
    check!(refused.is_err() && bench.commands("PASV x") == 0, "{refused:?}");
    // The session finds out where it stands.
    std::fs::create_dir_all(bench.disk.join("typed"))?;
    bench.place("typed/one", b"x")?;
    let line = [b"CWD ", bench.path("typed").as_bytes()].concat();
    words(bench, Request::Raw(TypedLine::new(line)?)).await?;
    let listing = bench.client.list(None).await?;
    check!(listing.path == bench.path("typed") && listing.entries.len() == 1, "{listing:?}");
    Ok(())
}

/// Bytes that are free, some at least.
pub(super) async fn free_space(bench: &Bench) -> Outcome {
    let space = bench.ask(Request::FreeSpace(Some(bench.folder.clone()))).await?;
    check!(matches!(space, Ending::Space(1..)), "{space:?}");
    Ok(())
}

/// One that the server lists; where it lists none, English.
pub(super) async fn language(bench: &Bench) -> Outcome {
    let Ending::Features(features) = bench.ask(Request::Features).await? else { return Err("none".into()) };
    let tag = features.languages.first().map_or("en", |language| language.tag.as_str());
    bench.ask(Request::SetLanguage(Some(Argument::new(tag)?))).await?;
    bench.ask(Request::SetLanguage(None)).await?;
    Ok(())
}

pub(super) async fn allocate(bench: &Bench) -> Outcome {
    bench.ask(Request::Allocate(1000)).await?;
    Ok(())
}

/// ACCT, which no server here wants; in a session of its own, for it belongs to the login.
pub(super) async fn account(bench: &Bench) -> Outcome {
    let other = bench.apart(|site| site.account = Some(Secret::new("account"))).await?;
    other.ask(Request::Account).await?;
    check!(!other.client.log_text().iter().any(|line| line.contains("ACCT account")), "it is in the log");
    Ok(())
}

pub(super) async fn mount(bench: &Bench) -> Outcome {
    bench.ask(Request::Mount(Argument::new("/")?)).await?;
    Ok(())
}

/// The session goes on after it, by a new login.
pub(super) async fn reinitialize(bench: &Bench) -> Outcome {
    bench.ask(Request::Reinitialize).await?;
    Ok(())
}

/// Its three forms, and what comes after them.
pub(super) async fn keep_alive(bench: &Bench) -> Outcome {
    for _ in 0..4 {
        bench.ask(Request::KeepAlive).await?;
    }
    let signs = ["NOOP", "PWD", "TYPE"].map(|command| bench.commands(command));
    check!(!signs.contains(&0), "{signs:?}");
    super::basics::there_and_back(bench, 100).await
}

/// The examination of a server ends well with everyone.
pub(super) async fn examine(bench: &Bench) -> Outcome {
    let report = bench.ask(Request::Examine).await?;
    check!(matches!(&report, Ending::Report(findings) if findings.len() > 5), "{report:?}");
    Ok(())
}

/// HOST (RFC 7151) before USER, where the site names one. A server that does not know it goes on.
pub(super) async fn virtual_host(bench: &Bench) -> Outcome {
    let other = bench.apart(|site| site.virtual_host = Some("localhost".into())).await?;
    check!(other.commands("HOST") == 1, "HOST was not sent");
    other.client.list(Some(&bench.folder)).await?;
    Ok(())
}

/// CLNT, or CSID where that is listed, tells the server which client it is.
pub(super) async fn client_name(bench: &Bench) -> Outcome {
    let Ending::Features(features) = bench.ask(Request::Features).await? else { return Err("none".into()) };
    let listed = |name: &str| features.lines.iter().any(|line| line.name.eq_ignore_ascii_case(name));
    let other = bench.apart(|_| {}).await?;
    let (csid, clnt) = (listed("CSID"), listed("CLNT"));
    let sent = (other.commands("CSID"), other.commands("CLNT"));
    check!(sent == (usize::from(csid), usize::from(clnt && !csid)), "listed {csid} {clnt}, sent {sent:?}");
    Ok(())
}
