//! Pages that fail and recover from run to run.

/// Runs that are looked back on, the new one included.
pub const FLAPPING_RUNS: usize = 5;

/// Changes between failing and fine among them that make a page flapping. Five runs have four
/// transitions; a page that one of them did not look at has fewer.
pub const FLAPPING_CHANGES: usize = 3;

/// How often a page changed between failing and fine, from run to run.
pub fn state_changes(fails: &[bool]) -> usize {
    fails.windows(2).filter(|pair| pair[0] != pair[1]).count()
}
