//! A few URLs in depth: requested now, as one client or several side by side, or read from a browser's archive.
//! Failures are grouped and diagnosed, with advice. The results are typed and serialisable; `cli` renders them for
//! people. Nothing here prints.

mod archive;
mod attempts;
mod clients;
mod echoes;
mod groups;
mod live;
mod request;
mod why;

pub use archive::{Archive, Failing, Unexplained, read_archive};
pub use attempts::Tried;
pub use clients::{Checked, Client, Hop, Seen, checked};
pub use live::check;
pub use request::CheckClient;
pub use why::{Advice, Said, Why};
