//! The maximum of open requests, for the number of files that this process may open. A request without a
//! socket would fail because of this machine and not because of the site.

/// Maximum open requests over all hosts, however many files may be open. Bounds memory.
pub const MOST_OPEN: usize = 512;

/// Files that are open besides requests: streams, the database files once for each connection, exports, and those
/// of the async runtime.
const BESIDES: usize = 32;

/// Open files that one request may need: a name may be resolved while another IP address is tried.
const EACH: usize = 2;

/// Open files that are enough in any case, also for idle connections.
const PLENTY: usize = 4_096;

/// Minimum open files with which one request can be made.
const FEWEST: usize = BESIDES + EACH;

/// The error that this process may open too few files for any request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this process may have {0} open files, and needs {FEWEST} at least; allow more with `ulimit -n`"
)]
pub struct TooFewFiles(usize);

/// Returns an error if this process may not open [`FEWEST`] files.
pub fn check_files() -> Result<(), TooFewFiles> {
    enough(raised())
}

fn enough(files: usize) -> Result<(), TooFewFiles> {
    if files < FEWEST {
        return Err(TooFewFiles(files));
    }
    Ok(())
}

/// Returns the maximum of open requests. Raises the soft limit of open files for it, as far as the hard limit
/// allows: shells and services begin with 1,024 or less, for programs that use `select`.
pub fn most_open() -> usize {
    bearable(raised())
}

fn bearable(files: usize) -> usize {
    (files.saturating_sub(BESIDES) / EACH).clamp(1, MOST_OPEN)
}

/// Returns the maximum of idle connections to a host: few if files are scarce.
pub fn idle_per_host(most_open: usize, concurrency: usize) -> usize {
    if most_open < MOST_OPEN {
        concurrency.min(most_open / 4).max(1)
    } else {
        concurrency
    }
}

#[cfg(unix)]
fn raised() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let files =
        |limit: Option<u64>| limit.map_or(PLENTY, |limit| limit.min(PLENTY as u64) as usize);
    let limit = getrlimit(Resource::Nofile);
    let (soft, hard) = (files(limit.current), files(limit.maximum));
    let wanted = Rlimit {
        current: Some(hard as u64),
        maximum: limit.maximum,
    };
    if soft < hard && setrlimit(Resource::Nofile, wanted).is_ok() {
        hard
    } else {
        soft
    }
}

#[cfg(not(unix))]
fn raised() -> usize {
    PLENTY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_files_limit_the_open_requests() {
        let cases = [(0, 1), (64, 16), (256, 112), (1_024, 496), (4_096, 512)];
        for (files, expected) in cases {
            assert_eq!(bearable(files), expected, "{files}");
        }
        assert_eq!(enough(FEWEST), Ok(()));
        assert_eq!(enough(FEWEST - 1), Err(TooFewFiles(33)));
        // Four hosts, with idle connections to each.
        assert!(BESIDES + 16 + 4 * idle_per_host(16, 50) <= 64);
        assert_eq!(idle_per_host(MOST_OPEN, 600), 600);
    }
}
