//! Messages to people, queued in the file: a process that is killed loses none and, because each is
//! there once for its event, occasion and channel, queues none twice.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{OptionalExtension, Row};

use crate::model::Moment;

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::file::pool::Pooled;
use crate::store::file::schema::NOTICES;
use crate::store::rows::row::{count, list};
use crate::store::runs::id::RunId;

/// How long is kept what was told: longer than an event can be told again.
const KEPT: Duration = Duration::from_hours(90 * 24);

/// A message to be queued.
#[derive(Clone, Debug)]
pub struct NewNotice {
    /// The project's name.
    pub project: String,
    /// The run that it is about; absent where no run came of it.
    pub run: Option<RunId>,
    /// The occasion's name.
    pub occasion: &'static str,
    /// The channel's name.
    pub channel: String,
    /// What is told, as JSON.
    pub message: String,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its number, which it keeps.
    pub id: i64,
    /// The project's name.
    pub project: String,
    /// The channel's name.
    pub channel: String,
    /// What is told, as JSON.
    pub message: String,
    /// When it was queued.
    pub queued: Moment,
    /// Failed tries so far.
    pub tries: u32,
}

/// Messages of a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoticeCounts {
    /// Those that wait.
    pub pending: u64,
    /// Those that were sent, as far back as is kept.
    pub sent: u64,
    /// Those that nobody took in time.
    pub given_up: u64,
}

impl Store {
    /// Keeps an event until its notices are queued; false if it was told before.
    pub fn note_event(
        &self,
        key: &str,
        run: Option<RunId>,
        event: &str,
        at: Moment,
    ) -> Result<bool, StoreError> {
        self.notices()?
            .execute(
                "INSERT OR IGNORE INTO told_event (key, run, at, event) VALUES (?, ?, ?, ?)",
                (key, run.map(|run| run.0), at.millis(), event),
            )
            .map(|rows| rows > 0)
            .map_err(|source| self.fault(source))
    }

    /// Events whose notices are not queued yet, with their keys, the oldest first.
    pub fn noted_events(&self) -> Result<Vec<(String, String)>, StoreError> {
        let sql = "SELECT key, event FROM told_event WHERE event IS NOT NULL ORDER BY at, key";
        list(&*self.notices()?, sql, [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .map_err(|source| self.fault(source))
    }

    /// Queues the notices of an event, all or none, and forgets what is old. Those that were queued
    /// before stay as they are.
    pub fn queue_notices(
        &self,
        event: &str,
        notices: &[NewNotice],
        now: Moment,
    ) -> Result<(), StoreError> {
        let mut connection = self.notices()?;
        let mut queue = || -> rusqlite::Result<()> {
            let tx = connection.transaction()?;
            for notice in notices {
                tx.execute(
                    "INSERT OR IGNORE INTO notice
                        (event, project, run, occasion, channel, message, queued, due)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
                    (
                        event,
                        &notice.project,
                        notice.run.map(|run| run.0),
                        notice.occasion,
                        &notice.channel,
                        &notice.message,
                        now.millis(),
                    ),
                )?;
            }
            tx.execute("UPDATE told_event SET event = NULL WHERE key = ?", [event])?;
            let old = (now - KEPT).millis();
            tx.execute("DELETE FROM notice WHERE due IS NULL AND queued < ?", [old])?;
            tx.execute(
                "DELETE FROM told_event WHERE event IS NULL AND at < ?",
                [old],
            )?;
            tx.commit()
        };
        queue().map_err(|source| self.fault(source))
    }

    /// Notices that are due, the oldest first.
    pub fn due_notices(&self, now: Moment, most: u32) -> Result<Vec<Notice>, StoreError> {
        let sql = "SELECT id, project, channel, message, queued, tries FROM notice
            WHERE due <= ? ORDER BY due, id LIMIT ?";
        list(&*self.notices()?, sql, (now.millis(), most), notice)
            .map_err(|source| self.fault(source))
    }

    /// When the next notice is due; none if none waits.
    pub fn next_notice(&self) -> Result<Option<Moment>, StoreError> {
        self.notices()?
            .query_row(
                "SELECT min(due) FROM notice WHERE due IS NOT NULL",
                [],
                |row| row.get(0),
            )
            .optional()
            .map(|due: Option<Option<i64>>| due.flatten().map(Moment::from_millis))
            .map_err(|source| self.fault(source))
    }

    /// Records that a notice was sent.
    pub fn notice_sent(&self, id: i64, at: Moment) -> Result<(), StoreError> {
        let sql = "UPDATE notice SET due = NULL, sent = ?2, message = '' WHERE id = ?1";
        self.update(sql, (id, at.millis()))
    }

    /// Records that a notice was not taken, and why; `due` is when it is tried again, if it is.
    pub fn notice_failed(&self, id: i64, why: &str, due: Option<Moment>) -> Result<(), StoreError> {
        let sql = "UPDATE notice SET tries = tries + 1, last_error = ?2, due = ?3 WHERE id = ?1";
        self.update(sql, (id, why, due.map(Moment::millis)))
    }

    /// Messages by project.
    pub fn notice_counts(&self) -> Result<BTreeMap<String, NoticeCounts>, StoreError> {
        let sql = "SELECT project, sum(due IS NOT NULL), sum(sent IS NOT NULL),
                sum(due IS NULL AND sent IS NULL) FROM notice GROUP BY project";
        let rows = list(&*self.notices()?, sql, [], |row| {
            let counts = NoticeCounts {
                pending: count(row, 1)?,
                sent: count(row, 2)?,
                given_up: count(row, 3)?,
            };
            Ok((row.get(0)?, counts))
        });
        Ok(rows
            .map_err(|source| self.fault(source))?
            .into_iter()
            .collect())
    }

    fn update(&self, sql: &str, params: impl rusqlite::Params) -> Result<(), StoreError> {
        self.notices()?
            .execute(sql, params)
            .map(|_| ())
            .map_err(|source| self.fault(source))
    }

    /// A connection to a file that has the tables. It waits as a crawl does: a message is not lost
    /// because a big run is being concluded.
    fn notices(&self) -> Result<Pooled, StoreError> {
        let connection = self.connect_patiently()?;
        connection
            .execute_batch(NOTICES)
            .map_err(|source| self.fault(source))?;
        Ok(connection)
    }
}

fn notice(row: &Row<'_>) -> rusqlite::Result<Notice> {
    Ok(Notice {
        id: row.get(0)?,
        project: row.get(1)?,
        channel: row.get(2)?,
        message: row.get(3)?,
        queued: Moment::from_millis(row.get(4)?),
        tries: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_millis(seconds * 1_000)
    }

    fn to(channel: &str) -> NewNotice {
        NewNotice {
            project: "shop".to_owned(),
            run: Some(RunId(7)),
            occasion: "recovery",
            channel: channel.to_owned(),
            message: "{}".to_owned(),
        }
    }

    #[test]
    fn notices_are_queued_once_and_end_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("made");
        let run = Some(RunId(7));
        assert!(store.note_event("e", run, "{}", at(1)).expect("noted"));
        assert!(!store.note_event("e", run, "{}", at(2)).expect("known"));
        assert_eq!(store.noted_events().expect("read").len(), 1);
        for _ in 0..2 {
            store
                .queue_notices("e", &[to("mail.1"), to("slack.1")], at(3))
                .expect("queued");
        }
        assert_eq!(store.noted_events().expect("read").len(), 0);
        let due = store.due_notices(at(3), 10).expect("read");
        assert_eq!(due.len(), 2);
        store.notice_sent(due[0].id, at(4)).expect("kept");
        store
            .notice_failed(due[1].id, "no answer", Some(at(9)))
            .expect("kept");
        assert_eq!(store.due_notices(at(8), 10).expect("read"), []);
        assert_eq!(store.next_notice().expect("read"), Some(at(9)));
        store
            .notice_failed(due[1].id, "no answer", None)
            .expect("kept");
        store
            .queue_notices("e", &[to("mail.1")], at(10))
            .expect("nothing to do");
        assert_eq!(store.next_notice().expect("read"), None);
        let counts = NoticeCounts {
            pending: 0,
            sent: 1,
            given_up: 1,
        };
        assert_eq!(store.notice_counts().expect("read")["shop"], counts);
    }

    #[test]
    fn a_deleted_run_does_not_silence_the_next_of_its_number() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("made");
        let run = Some(RunId(7));
        store.note_event("e", run, "{}", at(1)).expect("noted");
        store
            .queue_notices("e", &[to("mail.1")], at(1))
            .expect("queued");
        store.delete_run(RunId(7)).expect("deleted");
        assert!(store.note_event("e", run, "{}", at(2)).expect("noted"));
        assert_eq!(store.next_notice().expect("read"), None);
    }
}
