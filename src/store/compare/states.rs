//! Page states over the last runs of a site: which pages failed in which run.

use rusqlite::Rows;

use crate::assess::Verdict;
use crate::assess::compare::FLAPPING_RUNS;

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::runs::list::RunRow;

/// Returns the query for the states of all pages that failed in one of the last [`FLAPPING_RUNS`]
/// finished runs, in the order of URLs and runs. Returns `None` if there are fewer runs, or if
/// this run is not one of them.
pub(in crate::store) fn query(store: &Store, run: &RunRow) -> Result<Option<String>, StoreError> {
    let mut runs = store.finished_runs(&run.site, run.id)?;
    runs.truncate(FLAPPING_RUNS);
    if runs.len() < FLAPPING_RUNS || runs.first() != Some(&run.id) {
        return Ok(None);
    }
    let runs: Vec<String> = runs.iter().map(ToString::to_string).collect();
    let runs = runs.join(", ");
    let failing = Verdict::ALL.into_iter().filter(|found| found.is_failing());
    let failing: Vec<String> = failing.map(|found| format!("'{}'", found.name())).collect();
    let failing = failing.join(", ");
    Ok(Some(format!(
        "SELECT u.address, s.verdict IN ({failing}) FROM url u
            CROSS JOIN assessment s ON s.run = u.run AND s.url = u.id
            WHERE u.run IN ({runs}) AND u.role = 3 AND s.attempts > 0 AND u.address IN (
                SELECT f.address FROM assessment t
                    CROSS JOIN url f ON f.run = t.run AND f.id = t.url
                    WHERE t.run IN ({runs}) AND t.verdict IN ({failing}))
            ORDER BY u.address, u.run"
    )))
}

/// The rows of that query, merge-joined with pages in the order of their URLs.
pub(in crate::store) struct States<'a> {
    rows: Rows<'a>,
    next: Option<(String, bool)>,
    /// The last URL that was looked up; its states are in `states`.
    at: String,
    fails: Vec<bool>,
}

impl<'a> States<'a> {
    pub(in crate::store) fn of(rows: Rows<'a>) -> rusqlite::Result<States<'a>> {
        let mut states = States {
            rows,
            next: None,
            at: String::new(),
            fails: Vec::new(),
        };
        states.step()?;
        Ok(states)
    }

    /// Returns the states of a page, the oldest first. Callers must look URLs up in their
    /// order.
    pub(in crate::store) fn of_page(&mut self, address: &str) -> rusqlite::Result<&[bool]> {
        if self.at != address {
            address.clone_into(&mut self.at);
            self.fails.clear();
            while let Some((of, fails)) = &self.next {
                match of.as_str().cmp(address) {
                    std::cmp::Ordering::Less => {}
                    std::cmp::Ordering::Equal => self.fails.push(*fails),
                    std::cmp::Ordering::Greater => break,
                }
                self.step()?;
            }
        }
        Ok(&self.fails)
    }

    fn step(&mut self) -> rusqlite::Result<()> {
        let row = self.rows.next()?;
        self.next = row
            .map(|row| Ok::<_, rusqlite::Error>((row.get(0)?, row.get(1)?)))
            .transpose()?;
        Ok(())
    }
}
