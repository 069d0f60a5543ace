//! What single replies mean, one file per kind. The functions do not look at reply codes beyond what they say: whether
//! the command succeeded is for the operation that sent it.

mod announced;
mod feat;
mod hash;
mod mdtm;
mod mlst;
mod pasv;
mod pwd;
mod size;
mod software;
mod space;
mod stou;
mod truncated;

pub use announced::announced;
pub use feat::{Fact, Feature, Features, HashAlgorithm, Language, Support, feat};
pub use hash::{Hashed, checksum, hash};
pub use mdtm::mdtm;
pub use mlst::{Facts, mlst};
pub use pasv::{data_port, epsv, pasv};
pub use pwd::pwd;
pub use size::size;
pub use software::software;
pub use space::{avbl, quota};
pub use stou::stou;
pub use truncated::truncated;
