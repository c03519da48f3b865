//! How much a run may store.

/// Bytes by which a run may let its database grow, if nothing else is said: many times what a million pages take.
/// Ours.
pub const USUAL_MAX_DISK: u64 = 20_000_000_000;

/// What a run may store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskBudget {
    /// Bytes by which its database may grow.
    pub bytes: u64,
    /// Whether nobody asked for it.
    pub is_usual: bool,
}

impl DiskBudget {
    /// What was asked for; else as much as is usual, or half of what is free, if that is less: conclusions and
    /// exports need room, too.
    pub fn new(asked: Option<u64>, free: Option<u64>) -> DiskBudget {
        match asked {
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

    /// Whether the default was lowered for a disk with little room.
    pub fn is_lowered(self) -> bool {
        self.is_usual && self.bytes < USUAL_MAX_DISK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_budget_leaves_half_of_a_disk_and_what_was_asked_for_holds() {
        const GB: u64 = 1_000_000_000;
        let cases = [
            (None, None, 20 * GB, false),
            (None, Some(100 * GB), 20 * GB, false),
            (None, Some(3 * GB), 3 * GB / 2, true),
            (None, Some(0), 0, true),
            (Some(30 * GB), Some(3 * GB), 30 * GB, false),
            (Some(1), None, 1, false),
        ];
        for (asked, free, bytes, lowered) in cases {
            let budget = DiskBudget::new(asked, free);
            assert_eq!((budget.bytes, budget.is_lowered()), (bytes, lowered));
        }
    }
}
