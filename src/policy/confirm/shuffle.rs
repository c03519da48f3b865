//! Random order.

/// Puts these into random order (Fisher and Yates). `roll` returns a random number below its
/// argument.
pub(super) fn shuffle(places: &mut [usize], roll: &mut dyn FnMut(usize) -> usize) {
    for last in (1..places.len()).rev() {
        places.swap(last, roll(last + 1).min(last));
    }
}
