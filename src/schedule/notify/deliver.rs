//! From an event to its receivers. What is heard is kept at once; a task of its own puts it into
//! words, queues it and sends what is due. The database is the only memory: what a killed process
//! left is sent by the next one. A message is sent again only if the process was killed between a
//! receiver's yes and the note of it; `X-Gatecrawl-Delivery` and `Message-ID` tell it then.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::Client;
use tokio::sync::Notify;

use crate::fetch::{TlsSetupError, outbound_client};
use crate::model::Moment;
use crate::schedule::{Event, Listener};
use crate::store::{NewNotice, Notice, Store, StoreError};

use super::channel::Channels;
use super::channel::send::SendError;
use super::compose::compose;
use super::happening::Happening;
use super::message::Message;
use super::retry::next_try;

/// Messages on their way at once: a dead receiver holds one place for half a minute.
const AT_ONCE: usize = 8;

/// Messages that are taken from the queue at a time.
const BATCH: u32 = 64;

/// How long the task sleeps at most, and after trouble with the database.
const LONGEST: Duration = Duration::from_mins(5);

/// Longest account of a failure that is kept, in bytes.
const ACCOUNT: usize = 500;

/// Hears the runner's events and keeps what is to be told of them.
#[derive(Clone, Debug)]
pub struct Ear {
    store: Store,
    /// Projects that tell somebody.
    projects: Arc<Vec<String>>,
    wake: Arc<Notify>,
}

/// Sends what is due.
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
    /// A sample was not taken.
    #[error("{channel}: {source}")]
    Refused {
        /// The channel's name.
        channel: String,
        /// Why.
        source: SendError,
    },
}

impl Notifier {
    /// For these projects, by name.
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

    /// What hears events for it.
    pub fn ear(&self) -> Ear {
        Ear {
            store: self.store.clone(),
            projects: Arc::new(self.projects.keys().cloned().collect()),
            wake: Arc::clone(&self.wake),
        }
    }

    /// Sends what is due, again and again, until `stop` comes. What is on its way then is awaited, and
    /// what is left waits in the database for the next start: nobody's end takes longer for it.
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

    /// Queues what was heard and sends what is due, once each. Returns when the next is due.
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

    /// Puts into words and queues what was heard.
    fn queue(&self, now: Moment) -> Result<(), StoreError> {
        for (key, text) in self.store.noted_events()? {
            let mut notices = Vec::new();
            // What an older version wrote and this one cannot read is not told.
            if let Ok(happening) = serde_json::from_str::<Happening>(&text)
                && let Some(channels) = self.projects.get(happening.project())
                && let Some(message) = compose(&self.store, (&key, &happening), channels)?
            {
                let text = serde_json::to_string(&message).unwrap_or_default();
                notices.extend(channels.iter().map(|(channel, _)| NewNotice {
                    project: message.project.clone(),
                    run: happening.run(),
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
            .ok_or_else(|| {
                SendError("the configuration has no such channel any more".to_owned())
            })?;
        let message: Message = serde_json::from_str(&notice.message)
            .map_err(|_| SendError("its stored text cannot be read".to_owned()))?;
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
        let next = next_try(notice.queued, tries, now);
        match next {
            Some(next) => tracing::info!(
                %project, %channel, tries,
                "notification of {project} not taken by {channel}: {fault}; tried again at {next}"
            ),
            None => tracing::warn!(
                %project, %channel, tries,
                "notification of {project} given up, {channel} took it at no time: {fault}"
            ),
        }
        let mut why = fault.to_string();
        why.truncate(why.floor_char_boundary(ACCOUNT));
        self.store.notice_failed(notice.id, &why, next)
    }
}

impl Listener for Ear {
    /// A row is written, and nothing else: what takes time is done by the notifier's task.
    fn hear(&mut self, event: &Event) {
        let (Some(key), Some(happening)) = (event.key(), Happening::of(event)) else {
            return;
        };
        if !self.projects.iter().any(|name| name == happening.project()) {
            return;
        }
        let text = serde_json::to_string(&happening).unwrap_or_default();
        match self
            .store
            .note_event(&key, happening.run(), &text, happening.at())
        {
            Ok(_) => self.wake.notify_one(),
            Err(fault) => {
                let project = happening.project();
                tracing::warn!(%project, "nobody will be told of {key}: {fault}");
            }
        }
    }
}
