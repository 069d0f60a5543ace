//! Whole directories: `get -r`, `put -r`, `cp -r` and `mirror`.

use super::address::{Address, AddressError};
use super::terminal::{self, visible};
use super::{Command, Failure};
use crate::crew::{Crew, CrewSettings, News, Scope, TreeReport};
use clap::{Args, ValueEnum};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use towpath_ftp::conflict::Policy;
use towpath_ftp::sync::{Action, ActionKind, Criterion, Mode, Plan, Resolution};
use towpath_ftp::tree::{TreeEvent, TreeSettings};
use towpath_ftp::{ArgumentError, RemotePath};

/// How a directory is moved.
#[derive(Args)]
pub(super) struct TreeOptions {
    /// It is a directory: all that is in it. Links are left out, times are kept.
    #[arg(short, long)]
    recursive: bool,
    /// With -r: what becomes of files that are there. Without a terminal to ask on they stay.
    #[arg(long, value_enum, value_name = "POLICY", default_value = "ask", requires = "recursive")]
    conflicts: Conflicts,
}

/// What becomes of files that are there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Conflicts {
    /// Asked for each.
    Ask,
    /// Replaced.
    Overwrite,
    /// Replaced where the other one is newer.
    Newer,
    /// Replaced where sizes differ.
    Size,
    /// Replaced where the other one is newer or sizes differ.
    NewerOrSize,
    /// Gone on with at their end.
    Resume,
    /// They stay, and the other one gets another name.
    Rename,
    /// They stay.
    Skip,
}

impl From<Conflicts> for Policy {
    fn from(conflicts: Conflicts) -> Policy {
        match conflicts {
            Conflicts::Ask => Policy::Ask,
            Conflicts::Overwrite => Policy::Overwrite,
            Conflicts::Newer => Policy::Newer,
            Conflicts::Size => Policy::SizeDiffers,
            Conflicts::NewerOrSize => Policy::NewerOrSizeDiffers,
            Conflicts::Resume => Policy::Resume,
            Conflicts::Rename => Policy::Rename,
            Conflicts::Skip => Policy::Skip,
        }
    }
}

/// How two directories are made the same.
#[derive(Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct MirrorOptions {
    /// The server gets what is here; the usual way.
    #[arg(long, conflicts_with_all = ["down", "both"])]
    up: bool,
    /// Here comes what the server has.
    #[arg(long, conflicts_with = "both")]
    down: bool,
    /// Changes go both ways. Nothing is deleted, for what one side lacks may be new on the other.
    #[arg(long)]
    both: bool,
    /// When two files are the same: of one size and time, of one size, or of one checksum.
    #[arg(long, value_enum, value_name = "HOW", default_value = "time")]
    by: By,
    /// Delete what the leading side does not have.
    #[arg(long, conflicts_with = "both")]
    delete: bool,
    /// Even if that is more than half of the other side.
    #[arg(long, requires = "delete")]
    force: bool,
    /// With --both: what becomes of files that differ and of which nobody knows which side has changed.
    #[arg(long, value_enum, value_name = "POLICY", default_value = "report", requires = "both")]
    conflicts: Differing,
    /// Print what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// When two files are the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum By {
    /// Same size and time.
    Time,
    /// Same size.
    Size,
    /// Same size and checksum, where the server can compute one.
    Checksum,
}

/// What becomes of files that differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Differing {
    /// They are named and stay.
    Report,
    /// The newer one counts.
    Newer,
    /// Those here count.
    Local,
    /// Those on the server count.
    Remote,
}

/// What is to be done with a directory.
pub(super) enum Task {
    Get(RemotePath, PathBuf, TreeSettings),
    Put(PathBuf, RemotePath, TreeSettings),
    Copy(RemotePath, RemotePath, TreeSettings),
    Mirror(Box<Scope>, bool),
}

impl Task {
    /// The task of a command that is about a directory.
    pub(super) fn of(command: &Command, address: &Address) -> Result<Option<Task>, Failure> {
        let path = address.path.clone();
        let settings =
            |tree: &TreeOptions| TreeSettings { policy: tree.conflicts.into(), ..TreeSettings::default() };
        Ok(Some(match command {
            Command::Get { file, tree, .. } if tree.recursive => {
                let directory = match (file, path.name()) {
                    (Some(file), _) => file.clone(),
                    (None, Some(name)) => PathBuf::from(name.to_string()),
                    (None, None) => return Err(AddressError::Path(ArgumentError::Empty).into()),
                };
                Task::Get(path, directory, settings(tree))
            }
            Command::Put { file, tree, .. } if tree.recursive => {
                Task::Put(file.clone(), path, settings(tree))
            }
            Command::Cp { to, tree, .. } if tree.recursive => {
                Task::Copy(path, RemotePath::new(to.as_bytes())?, settings(tree))
            }
            Command::Mirror { directory, how, .. } => {
                let mut scope = Scope::new(directory, path);
                how.apply(&mut scope);
                Task::Mirror(Box::new(scope), how.dry_run)
            }
            _ => return Ok(None),
        }))
    }

    pub(super) async fn run(self, mut settings: CrewSettings) -> Result<(), Failure> {
        let person = std::io::stdin().is_terminal();
        if person {
            settings.arbiter = Arc::new(terminal::decide);
        }
        settings.observer = Arc::new(tell);
        let crew = Crew::new(settings);
        let done = self.work(&crew).await;
        crew.quit().await;
        done
    }

    async fn work(self, crew: &Crew) -> Result<(), Failure> {
        let report = match self {
            Task::Get(from, to, settings) => crew.download_tree(&from, &to, settings).await?,
            Task::Put(from, to, settings) => crew.upload_tree(&from, &to, settings).await?,
            Task::Copy(from, to, settings) => crew.copy_tree(&from, &to, settings).await?,
            Task::Mirror(scope, true) => {
                let prospect = crew.plan(&scope).await?;
                print(&prospect.plan);
                return Ok(());
            }
            Task::Mirror(scope, false) => {
                let (prospect, report) = crew.synchronise(&scope).await?;
                let open = prospect.plan.totals.conflicts + prospect.plan.needs_checksum.len() as u64;
                for action in
                    prospect.plan.actions.iter().filter(|action| action.kind == ActionKind::Conflict)
                {
                    eprintln!("{}", line(action));
                }
                for path in &prospect.plan.needs_checksum {
                    eprintln!("not compared: {}: the server told no checksum", visible(&path.to_string()));
                }
                sum(&report)?;
                return if open > 0 { Err(Failure::NotWhole(open)) } else { Ok(()) };
            }
        };
        sum(&report)
    }
}

impl MirrorOptions {
    fn apply(&self, scope: &mut Scope) {
        let settings = &mut scope.settings;
        settings.mode = match (self.down, self.both) {
            (true, _) => Mode::ToLocal,
            (_, true) => Mode::Both,
            _ => Mode::ToRemote,
        };
        settings.criterion = match self.by {
            By::Time => Criterion::SizeAndTime,
            By::Size => Criterion::Size,
            By::Checksum => Criterion::Checksum,
        };
        settings.resolution = match self.conflicts {
            Differing::Report => Resolution::Report,
            Differing::Newer => Resolution::Newer,
            Differing::Local => Resolution::Local,
            Differing::Remote => Resolution::Remote,
        };
        settings.deletions = self.delete;
        scope.may_delete_most = self.force;
    }
}

/// What was left out although it was wanted, as it happens.
fn tell(news: &News) {
    if let News::Tree(TreeEvent::LeftOut(place, why)) = news
        && why.is_failure()
    {
        eprintln!("towpath-cli: {}: {}", visible(&place.to_string()), visible(&terminal::why(why)));
    }
}

/// The end of it, in numbers.
fn sum(report: &TreeReport) -> Result<(), Failure> {
    let counts = report.summary.counts;
    eprintln!(
        "{} files, {} directories, {} bytes; {} left out, {} failed",
        counts.files, counts.directories, counts.bytes, counts.skipped, counts.failed
    );
    for path in &report.unnamed {
        eprintln!("towpath-cli: {}: the name cannot be sent", visible(&path.display().to_string()));
    }
    match &report.stopped {
        Some(error) => Err(Failure::Session(error.clone())),
        None if !report.is_whole() => Err(Failure::NotWhole(counts.failed + report.unnamed.len() as u64)),
        None => Ok(()),
    }
}

fn print(plan: &Plan) {
    for action in &plan.actions {
        println!("{}", line(action));
    }
    for path in &plan.needs_checksum {
        println!("not compared {}", visible(&path.to_string()));
    }
    let totals = plan.totals;
    println!(
        "up {} files, {} bytes; down {} files, {} bytes; {} deletions there, {} here; {} conflicts",
        totals.uploads.files,
        totals.uploads.bytes,
        totals.downloads.files,
        totals.downloads.bytes,
        totals.deleted.remote.files + totals.deleted.remote.directories,
        totals.deleted.local.files + totals.deleted.local.directories,
        totals.conflicts
    );
    if plan.deletes_most.local || plan.deletes_most.remote {
        println!("More than half of a side would be deleted.");
    }
}

/// A line of a plan.
fn line(action: &Action) -> String {
    use ActionKind as A;
    let what = match action.kind {
        A::Upload => "upload",
        A::Download => "download",
        A::MakeRemoteDirectory => "make there",
        A::MakeLocalDirectory => "make here",
        A::DeleteRemoteFile | A::DeleteRemoteDirectory => "delete there",
        A::DeleteLocalFile | A::DeleteLocalDirectory => "delete here",
        A::Conflict => "conflict",
        A::Skip => "leave",
    };
    let bytes = action.bytes.map_or_else(String::new, |bytes| format!(", {bytes} bytes"));
    format!("{what} {} ({:?}{bytes})", visible(&action.path.to_string()), action.reason)
}
