//! Bounds the memory for the paths of a run. Paths beyond it are read from the shelf when their turn comes;
//! order and pace stay the same.

use std::sync::Arc;

use super::entry::{Entry, Place};
use crate::frontier::{FrontierError, Shelf};
use crate::model::{HostKey, Role};

/// The memory for paths.
#[derive(Debug)]
pub(super) struct PathMemory {
    most: usize,
    /// Bytes of paths in memory.
    used: usize,
    shelf: Option<Arc<dyn Shelf>>,
}

impl PathMemory {
    pub(super) fn new(most: usize) -> PathMemory {
        PathMemory {
            most,
            used: 0,
            shelf: None,
        }
    }

    pub(super) fn use_shelf(&mut self, addresses: Arc<dyn Shelf>) {
        self.shelf = Some(addresses);
    }

    /// Admits an entry to the queue: with its path, if there is room for it or no shelf.
    pub(super) fn admit(&mut self, entry: &mut Entry, host: &HostKey) {
        let Place::Path(path) = &entry.place else {
            return;
        };
        let after = self.used.saturating_add(path.len());
        // A robots.txt is stored only with its host, after its answer.
        let may_shelve = self.shelf.is_some() && entry.role != Role::Robots;
        if after > self.most && may_shelve {
            entry.place = Place::Shelved(host.fingerprint_at(path));
        } else {
            self.used = after;
        }
    }

    /// Gives an entry its path when its turn has come. Returns false if it is not on the shelf yet.
    pub(super) fn take_out(
        &mut self,
        entry: &mut Entry,
        host: &HostKey,
    ) -> Result<bool, FrontierError> {
        match &entry.place {
            Place::Path(path) => self.used = self.used.saturating_sub(path.len()),
            Place::Shelved(url) => {
                let stored = self.shelf.as_ref().map(|it| it.address(*url));
                let address = stored.transpose()?;
                let Some(address) = address.flatten() else {
                    return Ok(false);
                };
                let path = address.strip_prefix(host.as_str()).ok_or_else(|| {
                    FrontierError::Unreachable(format!("{address} is not at {host}"))
                })?;
                entry.place = Place::Path(path.into());
            }
        }
        Ok(true)
    }
}
