//! This machine: the time of day, the limit of open files, and files that people wrote by hand, with the word that they
//! probably meant, and passwords that they type. Nothing here depends on audits.

mod clock;
mod exposed;
mod files;
mod nearest;
mod password;
mod text_file;

pub use clock::wall_clock;
pub use exposed::is_exposed;
pub use files::{MOST_OPEN, TooFewFiles, check_files, idle_per_host, most_open};
pub use nearest::nearest;
pub use password::ask_password;
pub use text_file::{read_file, read_text};
