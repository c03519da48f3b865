//! The text of a configuration file.

use std::path::Path;

use super::parts::text;

/// What cannot be used is said in one line that names the file. What would command a terminal in it is
/// made harmless where it is shown.
pub fn check(bytes: &[u8]) {
    // In a folder that is not there, so that no path in it leads to a file.
    let path = Path::new("/nonexistent/gatecrawl.toml");
    if let Err(fault) = gatecrawl::cli::check_config(path, &text(bytes)) {
        assert!(fault.contains("gatecrawl.toml"), "{fault:?}");
        assert!(!fault.contains(['\n', '\r']), "{fault:?}");
    }
}
