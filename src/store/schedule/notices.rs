//! Notifications, queued in the file. A killed process loses none. It queues none twice, because
//! each exists once for its event, occasion and channel.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, Row};

use crate::model::Moment;

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::file::schema::NOTICES;
use crate::store::rows::row::{count, list};
use crate::store::runs::id::RunId;

/// How long sent notifications are kept: longer than an event can be reported again.
const KEPT: Duration = Duration::from_hours(90 * 24);

/// A new notification.
#[derive(Clone, Debug)]
pub struct NewNotice {
    /// The project's name.
    pub project: String,
    /// The run that it is about; absent if there was no run.
    pub run: Option<RunId>,
    /// The occasion's name.
    pub occasion: &'static str,
    /// The channel's name.
    pub channel: String,
    /// The content, as JSON.
    pub message: String,
}

/// A queued notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its permanent number.
    pub id: i64,
    /// The project's name.
    pub project: String,
    /// The channel's name.
    pub channel: String,
    /// The content, as JSON.
    pub message: String,
    /// When it was queued.
    pub queued: Moment,
    /// Failed attempts to send it so far.
    pub tries: u32,
}

/// A notification that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsentNotice {
    /// The run that it is about; absent if there was no run.
    pub run: Option<RunId>,
    /// The channel's name.
    pub channel: String,
    /// Why it was refused last.
    pub why: String,
    /// When it is sent again; absent if it was given up.
    pub next: Option<Moment>,
}

/// Counts of notifications of a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoticeCounts {
    /// Notifications that wait.
    pub pending: u64,
    /// Notifications that were sent, as far back as they are kept.
    pub sent: u64,
    /// Notifications that no channel accepted in time.
    pub given_up: u64,
}

impl Store {
    /// Stores an event until its notifications are queued. Returns false if it was reported before.
    pub fn note_event(
        &self,
        key: &str,
        run: Option<RunId>,
        event: &str,
        at: Moment,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT OR IGNORE INTO told_event (key, run, at, event) VALUES (?, ?, ?, ?)";
        let noted = (key, run, at.millis(), event);
        self.notices(|connection| Ok(connection.execute(sql, noted)? > 0))
    }

    /// Returns the events whose notifications are not queued yet, with their keys, the oldest
    /// first.
    pub fn noted_events(&self) -> Result<Vec<(String, String)>, StoreError> {
        let sql = "SELECT key, event FROM told_event WHERE event IS NOT NULL ORDER BY at, key";
        self.notices(|connection| list(connection, sql, [], |row| Ok((row.get(0)?, row.get(1)?))))
    }

    /// Queues the notifications of an event, all or none, and deletes old ones. Notifications that
    /// were queued before stay unchanged.
    pub fn queue_notices(
        &self,
        event: &str,
        notices: &[NewNotice],
        now: Moment,
    ) -> Result<(), StoreError> {
        self.notices(|connection| {
            let tx = connection.transaction()?;
            for notice in notices {
                tx.execute(
                    "INSERT OR IGNORE INTO notice
                        (event, project, run, occasion, channel, message, queued, due)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
                    (
                        event,
                        &notice.project,
                        notice.run,
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
        })
    }

    /// Returns the notifications that are due, the oldest first.
    pub fn due_notices(&self, now: Moment, most: u32) -> Result<Vec<Notice>, StoreError> {
        let sql = "SELECT id, project, channel, message, queued, tries FROM notice
            WHERE due <= ? ORDER BY due, id LIMIT ?";
        self.notices(|connection| list(connection, sql, (now.millis(), most), notice))
    }

    /// Returns when the next notification is due, or `None` if none waits.
    pub fn next_notice(&self) -> Result<Option<Moment>, StoreError> {
        let sql = "SELECT min(due) FROM notice WHERE due IS NOT NULL";
        let due: Option<i64> =
            self.notices(|connection| connection.query_row(sql, [], |row| row.get(0)))?;
        Ok(due.map(Moment::from_millis))
    }

    /// Records that a notification was sent.
    pub fn notice_sent(&self, id: i64, at: Moment) -> Result<(), StoreError> {
        let sql = "UPDATE notice SET due = NULL, sent = ?2, message = '' WHERE id = ?1";
        self.update(sql, (id, at.millis()))
    }

    /// Records that a notification was not accepted, and why. `due` is the time of the next
    /// attempt, if there is one.
    pub fn notice_failed(&self, id: i64, why: &str, due: Option<Moment>) -> Result<(), StoreError> {
        let sql = "UPDATE notice SET tries = tries + 1, last_error = ?2, due = ?3 WHERE id = ?1";
        self.update(sql, (id, why, due.map(Moment::millis)))
    }

    /// Counts notifications by project.
    pub fn notice_counts(&self) -> Result<BTreeMap<String, NoticeCounts>, StoreError> {
        let sql = "SELECT project, sum(due IS NOT NULL), sum(sent IS NOT NULL),
                sum(due IS NULL AND sent IS NULL) FROM notice GROUP BY project";
        let counts = |row: &Row<'_>| {
            let counts = NoticeCounts {
                pending: count(row, 1)?,
                sent: count(row, 2)?,
                given_up: count(row, 3)?,
            };
            Ok((row.get(0)?, counts))
        };
        let rows = self.notices(|connection| list(connection, sql, [], counts))?;
        Ok(rows.into_iter().collect())
    }

    /// Returns why notifications of a project were not sent that wait or were given up, with their channel and run and
    /// the time of the next try, the newest first.
    pub fn unsent_notices(
        &self,
        project: &str,
        most: u32,
    ) -> Result<Vec<UnsentNotice>, StoreError> {
        let sql = "SELECT run, channel, last_error, due FROM notice
            WHERE project = ? AND sent IS NULL AND last_error IS NOT NULL ORDER BY id DESC LIMIT ?";
        let unsent = |row: &Row<'_>| {
            Ok(UnsentNotice {
                run: row.get(0)?,
                channel: row.get(1)?,
                why: row.get(2)?,
                next: row.get::<_, Option<i64>>(3)?.map(Moment::from_millis),
            })
        };
        self.notices(|connection| list(connection, sql, (project, most), unsent))
    }

    fn update(&self, sql: &str, params: impl rusqlite::Params) -> Result<(), StoreError> {
        self.notices(|connection| connection.execute(sql, params).map(drop))
    }

    /// Works on a file with these tables. Waits as long as a crawl does, so that no notification is lost
    /// while a big run is concluded.
    fn notices<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.patiently(|connection| {
            connection.execute_batch(NOTICES)?;
            work(connection)
        })
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
        let unsent = UnsentNotice {
            run: Some(RunId(7)),
            channel: "slack.1".to_owned(),
            why: "no answer".to_owned(),
            next: Some(at(9)),
        };
        assert_eq!(store.unsent_notices("shop", 5).expect("read"), [unsent]);
        assert_eq!(store.unsent_notices("blog", 5).expect("read"), []);
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
    fn a_deleted_run_does_not_suppress_notifications_of_the_next_run_with_its_number() {
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
