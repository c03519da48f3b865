//! The parsed rules of robots.txt files. They stay in memory up to a limit, equal files once. Rules
//! of other hosts are read again from the stored text when a request depends on them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::crawl::site::{Site, TextHash};
use crate::crawl::visit::robots;
use crate::model::HostKey;
use crate::parse::robots::Group;
use crate::store::{RunId, Store, StoreError};

/// Bytes of rules in memory, over all hosts. The rules of a file of 500 KiB take about 3 MB. Ours.
pub(super) const RULES_IN_MEMORY: usize = 16 << 20;

/// The rules of a host, as the store has them: `None` if it has no text of its robots.txt.
type Loaded = Result<Option<Group>, StoreError>;

/// The function that reads the rules of a host from the store.
type Load = Box<dyn Fn(&HostKey) -> Loaded + Send + Sync>;

/// The robots.txt rules that are in memory, and a function that loads others from the store.
pub(in crate::crawl::state) struct RulesMemory {
    most: usize,
    load: Load,
    // A lookup records which rules were used last.
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    groups: HashMap<TextHash, Entry>,
    bytes: usize,
    /// Counts lookups.
    now: u64,
}

#[derive(Debug)]
struct Entry {
    group: Arc<Group>,
    bytes: usize,
    used: u64,
}

/// Returns the rules of robots.txt files that the run has stored.
pub(in crate::crawl::state) fn of_run(run: RunId, store: &Store, site: &Arc<Site>) -> RulesMemory {
    let (store, site) = (store.clone(), Arc::clone(site));
    RulesMemory::new(RULES_IN_MEMORY, move |host| {
        let text = store.robots_text(run, host)?;
        Ok(text.map(|text| robots::group(&site, &text)))
    })
}

impl RulesMemory {
    /// Returns an empty memory. `load` reads the rules of a host whose robots.txt is stored.
    pub(in crate::crawl::state) fn new(
        most: usize,
        load: impl Fn(&HostKey) -> Loaded + Send + Sync + 'static,
    ) -> RulesMemory {
        RulesMemory {
            most,
            load: Box::new(load),
            kept: Mutex::default(),
        }
    }

    /// Keeps rules that were just read.
    pub(super) fn keep(&self, text: TextHash, group: Group) {
        self.with(|kept| kept.put(text, Arc::new(group), self.most));
    }

    /// Returns the rules of a text, if they are in memory.
    pub(super) fn at_hand(&self, text: TextHash) -> Option<Arc<Group>> {
        self.with(|kept| kept.get(text))
    }

    /// Returns the rules of a text, which is the robots.txt of this host, or `None` if it is not
    /// stored.
    pub(in crate::crawl::state) fn get(
        &self,
        text: TextHash,
        host: &HostKey,
    ) -> Result<Option<Arc<Group>>, StoreError> {
        if let Some(group) = self.at_hand(text) {
            return Ok(Some(group));
        }
        let Some(group) = (self.load)(host)?.map(Arc::new) else {
            return Ok(None);
        };
        self.with(|kept| kept.put(text, Arc::clone(&group), self.most));
        Ok(Some(group))
    }

    fn with<T>(&self, does: impl FnOnce(&mut Kept) -> T) -> T {
        does(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for RulesMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RulesMemory")
            .field("kept", &self.kept)
            .finish_non_exhaustive()
    }
}

impl Kept {
    fn get(&mut self, text: TextHash) -> Option<Arc<Group>> {
        self.now += 1;
        let entry = self.groups.get_mut(&text)?;
        entry.used = self.now;
        Some(Arc::clone(&entry.group))
    }

    fn put(&mut self, text: TextHash, group: Arc<Group>, most: usize) {
        self.now += 1;
        let bytes = group.bytes();
        while self.bytes + bytes > most && self.forget_oldest() {}
        let entry = Entry {
            group,
            bytes,
            used: self.now,
        };
        let before = self.groups.insert(text, entry);
        self.bytes += bytes;
        self.bytes -= before.map_or(0, |before| before.bytes);
    }

    /// Forgets the least recently used rules. Returns false if there are none.
    fn forget_oldest(&mut self) -> bool {
        let oldest = self.groups.iter().min_by_key(|(_, entry)| entry.used);
        let Some(text) = oldest.map(|(text, _)| *text) else {
            return false;
        };
        let gone = self.groups.remove(&text);
        self.bytes -= gone.map_or(0, |gone| gone.bytes);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::model::CrawlUrl;
    use crate::parse::robots::Robots;

    fn group(rules: usize) -> Group {
        let mut text = "User-agent: *\n".to_owned();
        for n in 0..rules {
            let _ = writeln!(text, "Disallow: /{n}/");
        }
        Robots::parse(text.as_bytes()).group(&["gatecrawl"])
    }

    #[test]
    fn rules_beyond_the_bound_are_read_again_and_those_used_last_stay() {
        let host = CrawlUrl::parse("http://h/").expect("a URL").host_key();
        let loaded = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&loaded);
        let one = group(100).bytes();
        let memory = RulesMemory::new(2 * one, move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Some(group(100)))
        });
        let ask = |text| {
            let group = memory.get(TextHash(text), &host);
            let group = group.expect("no error").expect("stored");
            assert!(!group.verdict("/99/x").allowed);
            loaded.load(Ordering::Relaxed)
        };
        memory.keep(TextHash(1), group(100));
        assert_eq!((ask(1), ask(2), ask(1)), (0, 1, 1));
        assert_eq!(ask(3), 2, "in the place of the second");
        assert_eq!((ask(1), ask(2)), (2, 3));
        assert!(memory.with(|kept| kept.bytes <= 2 * one && kept.groups.len() == 2));
        assert!(memory.at_hand(TextHash(3)).is_none());
    }

    #[test]
    fn equal_files_are_kept_once() {
        let memory = RulesMemory::new(RULES_IN_MEMORY, |_| Ok(None));
        for _ in 0..1_000 {
            memory.keep(TextHash(7), group(10));
        }
        assert_eq!(memory.with(|kept| kept.bytes), group(10).bytes());
    }
}
