//! How many requests may be open at a time, for the number of files that this process may open: a
//! request that gets no socket would say something of this machine and nothing of the site.

/// Most requests at a time over all hosts, however many files may be open: bounds memory.
pub const MOST_OPEN: usize = 512;

/// Files that are open besides: streams, the database and what belongs to it once for each connection
/// to it, exports, what the runtime waits with.
const BESIDES: usize = 32;

/// Files of a request: its name may be asked for while another address is tried.
const EACH: usize = 2;

/// With so many files nothing is short, connections that wait for the next request included.
const PLENTY: usize = 4_096;

/// Files with which one request can be made.
const FEWEST: usize = BESIDES + EACH;

/// Why nothing can be done at all.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this process may have {0} open files, and needs {FEWEST} at least; allow more with `ulimit -n`"
)]
pub struct TooFewFiles(usize);

/// Makes sure that as many files may be open as are needed for anything.
pub fn check_files() -> Result<(), TooFewFiles> {
    enough(raised())
}

fn enough(files: usize) -> Result<(), TooFewFiles> {
    if files < FEWEST {
        return Err(TooFewFiles(files));
    }
    Ok(())
}

/// Most requests at a time. The soft limit of open files is raised for it as far as the hard one lets
/// it: shells and services begin with 1,024 or less, for the sake of programs that `select`.
pub fn most_open() -> usize {
    bearable(raised())
}

fn bearable(files: usize) -> usize {
    (files.saturating_sub(BESIDES) / EACH).clamp(1, MOST_OPEN)
}

/// How many connections of a host may wait for its next request: few, if files are short.
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
    fn requests_are_as_many_as_files_bear() {
        let cases = [(0, 1), (64, 16), (256, 112), (1_024, 496), (4_096, 512)];
        for (files, expected) in cases {
            assert_eq!(bearable(files), expected, "{files}");
        }
        assert_eq!(enough(FEWEST), Ok(()));
        assert_eq!(enough(FEWEST - 1), Err(TooFewFiles(33)));
        // On four hosts, with as many waiting for each.
        assert!(BESIDES + 16 + 4 * idle_per_host(16, 50) <= 64);
        assert_eq!(idle_per_host(MOST_OPEN, 600), 600);
    }
}
