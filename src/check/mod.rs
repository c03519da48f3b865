//! A few URLs in depth: requested now, as one client or several side by side, or as a browser recorded them. Failures
//! are put together and diagnosed, each with what to do. The results are typed and serialise; how they are laid out for
//! people is the affair of `cli`. Nothing here prints.

mod archive;
mod ask;
mod attempts;
mod clients;
mod echoes;
mod groups;
mod live;
mod why;

pub use archive::{Archive, Failing, Unexplained, read_archive};
pub use ask::Asking;
pub use attempts::Tried;
pub use clients::{Checked, Client, Hop, Seen, checked};
pub use live::check;
pub use why::{Advice, Said, Why};
