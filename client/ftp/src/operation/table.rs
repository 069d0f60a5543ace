//! Which operation does a request. A command that is one line and one answer is a line here and a few in the file of its kind.

use crate::error::Error;
use crate::parse::Features;
use crate::request::{Request, RequestId};

use super::Operation;
use super::ancestry::MakeDirectories;
use super::digest::Digest;
use super::doctor::Examine;
use super::facts::Inspect;
use super::inquiry::Account;
use super::keep_alive::KeepAlive;
use super::list::List;
use super::logon::Logon;
use super::quit::Quit;
use super::raw::Raw;
use super::reinitialize::Reinitialize;
use super::rename::Rename;
use super::simple::Simple;
use super::transfer::Transfer;
use super::walk::Walk;

/// The operation of a request, by what the server says that it can do.
///
/// # Errors
/// An argument that cannot be written in the command.
pub(crate) fn of(features: &Features, id: RequestId, request: Request) -> Result<Box<dyn Operation>, Error> {
    Ok(match request {
        Request::Connect => Box::new(Logon::new()),
        Request::KeepAlive => Box::new(KeepAlive::new()),
        Request::Examine => Box::new(Examine::new(id)),
        Request::List(path) => Box::new(List::show(id, path)),
        Request::Download { job, path, size, offset, options } => {
            Box::new(Transfer::download(id, job, path, size, offset, options))
        }
        Request::Upload { job, path, size, offset, options } => {
            Box::new(Transfer::upload(id, job, path, size, offset, options))
        }
        Request::MakeDirectory(path) => Box::new(Simple::make_directory(&path)),
        Request::RemoveDirectory(path) => Box::new(Simple::remove_directory(&path)),
        Request::DeleteFile(path) => Box::new(Simple::delete_file(&path)),
        Request::Size(path) => Box::new(Simple::size(&path)),
        Request::ModificationTime(path) => Box::new(Simple::modification_time(&path)),
        Request::MakeDirectories(path) => Box::new(MakeDirectories::new(path)),
        Request::RemoveTree(path) => Box::new(Simple::remove_tree(features, &path)),
        Request::ChangeToParent => Box::new(Simple::change_to_parent()),
        Request::SetModificationTime { path, seconds } => {
            Box::new(Simple::set_modification_time(features, &path, seconds)?)
        }
        Request::SetCreationTime { path, seconds } => {
            Box::new(Simple::set_creation_time(features, &path, seconds)?)
        }
        Request::ChangeMode { path, mode } => Box::new(Simple::change_mode(features, &path, mode)),
        Request::ChangeGroup { path, group } => Box::new(Simple::change_group(features, &path, &group)?),
        Request::Facts(path) => Box::new(Inspect::new(path)),
        Request::Checksum { path, algorithm, range } => Box::new(Digest::new(path, algorithm, range)),
        Request::FreeSpace(path) => Box::new(Simple::free_space(features, path.as_ref())),
        Request::DirectorySize(path) => Box::new(Simple::directory_size(features, &path)),
        Request::MakeLink { target, path } => Box::new(Simple::make_link(&target, &path)),
        Request::CopyOnServer { from, to } => Box::new(Simple::copy(&from, &to)),
        Request::Help(topic) => Box::new(Simple::help(topic.as_ref())),
        Request::ServerStatus => Box::new(Simple::server_status()),
        Request::StatusOf(path) => Box::new(Simple::status_of(&path)),
        Request::SystemType => Box::new(Simple::system_type()),
        Request::Features => Box::new(Simple::features()),
        Request::SetLanguage(tag) => Box::new(Simple::set_language(features, tag.as_ref())),
        Request::Mount(path) => Box::new(Simple::mount(&path)),
        Request::Account => Box::new(Account),
        Request::Allocate(bytes) => Box::new(Simple::allocate(bytes)),
        Request::Reinitialize => Box::new(Reinitialize),
        Request::Site(argument) => Box::new(Raw::site(&argument)),
        Request::Raw(line) => Box::new(Raw::new(line)),
        Request::Rename { from, to } => Box::new(Rename::new(from, to)),
        Request::Count(items) => Box::new(Walk::count(id, items)),
        Request::ListTree(items) => Box::new(Walk::list(id, items)),
        Request::ChangeModeTree { items, modes } => Box::new(Walk::change_mode(id, items, modes)),
        Request::DeleteTree(items) => Box::new(Walk::delete(id, items)),
        Request::Disconnect => Box::new(Quit::new()),
    })
}
