-- What is to be told to people, and what was. Made when it is first needed in files that were there before.

-- What happened, by the key that stays the same if it is told again.
CREATE TABLE IF NOT EXISTS told_event (
    key     TEXT PRIMARY KEY,
    run     INTEGER,                 -- absent where no run came of it
    at      INTEGER NOT NULL,
    event   TEXT                     -- JSON; absent once its notices are queued
) WITHOUT ROWID;

-- A message for one channel. No secret is in it: a channel is named, and what it needs is read from
-- the environment or a file when it is sent.
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
