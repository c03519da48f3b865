//! Pages that changed in the same way, put together: what a report says of many pages in one sentence.

mod group;
mod lost;
mod marks;
mod moves;
mod standing;

pub use group::Group;
pub use lost::{DeadLinks, Lost, LostCause, loss};
pub use marks::{Canonical, MarksChange, Noindex};
pub use moves::Move;
pub use standing::{Ill, Standing};

pub(super) use lost::{Losses, cause};
pub(super) use marks::MarkChanges;
pub(super) use moves::Moves;
