//! Who may come in: the client's address, and what it shows to be let in.
//!
//! | module | purpose |
//! |--------|---------|
//! | `proxies` | for whom a listed proxy asks |
//! | `preamble` | the PROXY protocol |

mod preamble;
mod proxies;

pub(crate) use proxies::{Proxies, Sender};
