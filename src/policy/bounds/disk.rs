//! The limit on the data that a run may store.

/// Default maximum growth of the database in a run, in bytes: many times the size of a million pages. Ours.
pub const USUAL_MAX_DISK: u64 = 20_000_000_000;

/// The disk space that a run may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskBudget {
    /// Maximum growth of the database, in bytes.
    pub bytes: u64,
    /// Whether it is the default and not the user's choice.
    pub is_usual: bool,
}

impl DiskBudget {
    /// Returns the requested budget. Without a request, returns the default, or half of the free
    /// space if that is less, because conclusions and exports need room, too.
    pub fn new(requested: Option<u64>, free: Option<u64>) -> DiskBudget {
        match requested {
            Some(bytes) => DiskBudget {
                bytes,
                is_usual: false,
            },
            None => DiskBudget {
                bytes: free.map_or(USUAL_MAX_DISK, |free| USUAL_MAX_DISK.min(free / 2)),
                is_usual: true,
            },
        }
    }

    /// Returns whether the default was lowered because the disk has little room.
    pub fn is_lowered(self) -> bool {
        self.is_usual && self.bytes < USUAL_MAX_DISK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_budget_leaves_half_of_the_disk_and_a_requested_one_holds() {
        const GB: u64 = 1_000_000_000;
        let cases = [
            (None, None, 20 * GB, false),
            (None, Some(100 * GB), 20 * GB, false),
            (None, Some(3 * GB), 3 * GB / 2, true),
            (None, Some(0), 0, true),
            (Some(30 * GB), Some(3 * GB), 30 * GB, false),
            (Some(1), None, 1, false),
        ];
        for (requested, free, bytes, lowered) in cases {
            let budget = DiskBudget::new(requested, free);
            assert_eq!((budget.bytes, budget.is_lowered()), (bytes, lowered));
        }
    }
}
