//! The delivery of notifications. Events are stored at once; a separate task writes, queues and sends the messages.
//! All state is in the database: the next process sends what a killed one left. A message is sent twice only if the
//! process was killed after the receiver accepted it and before that was stored. Receivers recognize it by the same
//! `X-Gatecrawl-Delivery` or `Message-ID`.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::Client;
use serde::Serialize;
use tokio::sync::Notify;

use crate::fetch::{TlsSetupError, outbound_client};
use crate::model::Moment;
use crate::schedule::{Event, Listener};
use crate::store::{NewNotice, Notice, Store, StoreError};

use super::channel::Channels;
use super::channel::send::SendError;
use super::compose::compose;
use super::message::Message;
use super::notified_event::NotifiedEvent;
use super::retry::next_try;

/// Maximum messages sent at the same time: a dead receiver occupies one of them for half a minute.
const AT_ONCE: usize = 8;

/// Maximum messages read from the queue at a time.
const BATCH: u32 = 64;

/// How long the task sleeps at most, and how long after an error of the database.
const LONGEST: Duration = Duration::from_mins(5);

/// Maximum length of a stored error message, in bytes.
const ACCOUNT: usize = 500;

/// Receives the runner's events and stores those that need a notification.
#[derive(Clone, Debug)]
pub struct EventRecorder {
    store: Store,
    /// Projects with notifications.
    projects: Arc<Vec<String>>,
    wake: Arc<Notify>,
}

/// Sends due notifications.
#[derive(Debug)]
pub struct Notifier {
    store: Store,
    projects: BTreeMap<String, Channels>,
    client: Client,
    wake: Arc<Notify>,
}

/// Why messages cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// TLS could not be set up.
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
    /// The receiver refused a sample.
    #[error("{channel}: {source}")]
    Refused {
        /// The channel's name.
        channel: String,
        /// The reason.
        source: SendError,
    },
}

impl Notifier {
    /// Returns a notifier for these projects, by name.
    pub fn new(
        store: Store,
        projects: BTreeMap<String, Channels>,
    ) -> Result<Notifier, NotifyError> {
        Ok(Notifier {
            store,
            projects,
            client: outbound_client()?,
            wake: Arc::new(Notify::new()),
        })
    }

    /// Returns the listener that stores events for this notifier.
    pub fn recorder(&self) -> EventRecorder {
        EventRecorder {
            store: self.store.clone(),
            projects: Arc::new(self.projects.keys().cloned().collect()),
            wake: Arc::clone(&self.wake),
        }
    }

    /// Sends due notifications until `stop` resolves. Messages that are being sent at that time are awaited; the others
    /// stay in the database until the next start, so that they do not delay the end.
    pub async fn run(&self, clock: impl Fn() -> Moment, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            let pause = match self.deliver(&clock).await {
                Ok(Some(next)) => next.since(clock()).min(LONGEST),
                Ok(None) => LONGEST,
                Err(fault) => {
                    tracing::warn!("notifications wait: {fault}");
                    LONGEST
                }
            };
            tokio::select! {
                () = &mut stop => break,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Queues the messages of the stored events and sends each due message once. Returns when the next is due.
    pub async fn deliver(&self, clock: &impl Fn() -> Moment) -> Result<Option<Moment>, StoreError> {
        self.queue(clock())?;
        loop {
            let now = clock();
            let due = self.store.due_notices(now, BATCH)?;
            let is_last = due.len() < BATCH as usize;
            let mut tried = futures_util::stream::iter(due.into_iter().map(|notice| async {
                let outcome = self.send(&notice, now).await;
                (notice, outcome)
            }))
            .buffer_unordered(AT_ONCE);
            while let Some((notice, outcome)) = tried.next().await {
                self.note(&notice, outcome, clock())?;
            }
            if is_last {
                return self.store.next_notice();
            }
        }
    }

    /// Writes and queues the messages of the stored events.
    fn queue(&self, now: Moment) -> Result<(), StoreError> {
        for (key, text) in self.store.noted_events()? {
            let mut notices = Vec::new();
            let notified = readable(&key, &text);
            if let Some(notified) = notified
                && let Some(channels) = self.projects.get(&notified.head().project)
                && let Some(message) = compose(&self.store, &key, &notified, channels)?
            {
                let text = stored(&message);
                notices.extend(channels.iter().map(|(channel, _)| NewNotice {
                    project: message.project.clone(),
                    run: notified.head().run(),
                    occasion: message.occasion().name(),
                    channel: channel.to_owned(),
                    message: text.clone(),
                }));
            }
            self.store.queue_notices(&key, &notices, now)?;
        }
        Ok(())
    }

    async fn send(&self, notice: &Notice, now: Moment) -> Result<(), SendError> {
        let channel = self
            .projects
            .get(&notice.project)
            .and_then(|channels| channels.get(&notice.channel))
            .ok_or(SendError::NoChannel)?;
        let message: Message =
            serde_json::from_str(&notice.message).map_err(|_| SendError::Unreadable)?;
        channel.send(&self.client, &message, (notice.id, now)).await
    }

    fn note(
        &self,
        notice: &Notice,
        outcome: Result<(), SendError>,
        now: Moment,
    ) -> Result<(), StoreError> {
        let (project, channel) = (&notice.project, &notice.channel);
        let Err(fault) = outcome else {
            tracing::info!(%project, %channel, "notification of {project} sent to {channel}");
            return self.store.notice_sent(notice.id, now);
        };
        let tries = notice.tries + 1;
        let next = next_try(notice.queued, tries, now, fault.patience());
        match next {
            // The first refusal is said once and loudly: nobody reads the log for those that follow.
            Some(next) if tries == 1 => tracing::warn!(
                %project, %channel, tries,
                "a notification of {project} was not sent: {channel}: {fault}; the next try is at {next}"
            ),
            Some(next) => tracing::info!(
                %project, %channel, tries,
                "{channel} refused a notification of {project}: {fault}; the next try is at {next}"
            ),
            None => tracing::warn!(
                %project, %channel, tries,
                "stopped retrying a notification of {project}: {channel} did not accept it ({fault}); \
                 send a test with `gatecrawl schedule notify-test {project}`"
            ),
        }
        let mut why = fault.to_string();
        why.truncate(why.floor_char_boundary(ACCOUNT));
        self.store.notice_failed(notice.id, &why, next)
    }
}

/// Reads a stored event. An event of another version that this one cannot read is reported and dropped.
fn readable(key: &str, text: &str) -> Option<NotifiedEvent> {
    let read = serde_json::from_str(text);
    read.inspect_err(|fault| {
        tracing::warn!(
            key,
            "dropped the notification {key}: another version of gatecrawl stored it ({fault})"
        );
    })
    .ok()
}

/// Returns an event or a message as JSON, the form in which it is stored.
fn stored(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("Unicode texts, numbers and lists are JSON")
}

impl Listener for EventRecorder {
    /// Only writes a row; the notifier's task does the slow work.
    fn receive(&mut self, event: &Event) {
        let (Some(key), Some(notified)) = (event.key(), NotifiedEvent::of(event)) else {
            return;
        };
        let head = notified.head();
        let project = &head.project;
        if !self.projects.contains(project) {
            return;
        }
        match self
            .store
            .note_event(&key, head.run(), &stored(&notified), head.at())
        {
            Ok(_) => self.wake.notify_one(),
            Err(fault) => {
                tracing::warn!(%project, "could not store the notification {key}, so it will not be sent: {fault}");
            }
        }
    }
}
