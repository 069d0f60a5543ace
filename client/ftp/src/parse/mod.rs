//! What single replies mean, one file per kind. The functions do not look at reply codes beyond what they say: whether
//! the command succeeded is for the operation that sent it.

mod feat;
mod pasv;
mod pwd;
mod size;
mod software;
mod truncated;

pub use feat::{Fact, Feature, Features, HashAlgorithm, feat};
pub use pasv::{data_port, epsv, pasv};
pub use pwd::pwd;
pub use size::{mdtm, size};
pub use software::software;
pub use truncated::truncated;
