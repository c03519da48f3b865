-- Notifications, pending and sent. Older files gain these tables when they are first needed.

-- Events. The key stays the same if an event is reported again.
CREATE TABLE IF NOT EXISTS told_event (
    key     TEXT PRIMARY KEY,
    run     INTEGER,                 -- absent if there was no run
    at      INTEGER NOT NULL,
    event   TEXT                     -- JSON; absent once its notifications are queued
) WITHOUT ROWID;

-- A notification for one channel. It holds no secrets, only the name of the channel. Secrets are read
-- from the environment or a file when it is sent.
CREATE TABLE IF NOT EXISTS notice (
    id      INTEGER PRIMARY KEY,
    event   TEXT NOT NULL,           -- told_event.key
    project TEXT NOT NULL,
    run     INTEGER,
    occasion TEXT NOT NULL,
    channel TEXT NOT NULL,           -- such as mail.1
    message TEXT NOT NULL,           -- JSON
    queued  INTEGER NOT NULL,
    due     INTEGER,                 -- absent once it was sent or given up
    tries   INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    sent    INTEGER,                 -- absent: waiting, or given up
    UNIQUE (event, occasion, channel)
);

CREATE INDEX IF NOT EXISTS notice_due ON notice (due) WHERE due IS NOT NULL;
