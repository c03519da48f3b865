//! The frontier of one machine.
