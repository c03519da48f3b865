-- Log runs: what the server logs of a site said so far.
CREATE TABLE IF NOT EXISTS log_run (
    id      INTEGER PRIMARY KEY,
    site    TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,      -- grows with each call that stores
    updated INTEGER NOT NULL,
    rest    TEXT NOT NULL          -- crawlers, backends and messages, as JSON
);
CREATE TABLE IF NOT EXISTS log_checkpoint (
    run    INTEGER NOT NULL,
    head   INTEGER NOT NULL,       -- hash of the first line
    offset INTEGER NOT NULL,       -- bytes that were read, decompressed
    tail   INTEGER NOT NULL,       -- hash of the last bytes before the offset
    line   INTEGER NOT NULL,       -- number of the next line
    device INTEGER NOT NULL,
    inode  INTEGER NOT NULL,
    path   TEXT NOT NULL,
    PRIMARY KEY (run, head, offset, tail)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log_part (
    id    INTEGER PRIMARY KEY,
    run   INTEGER NOT NULL,
    kind  INTEGER NOT NULL,        -- 0: counts of URLs, 1: failed requests
    bytes BLOB NOT NULL            -- packed, see log_parts.rs
);
CREATE INDEX IF NOT EXISTS log_part_of_run ON log_part (run, kind);
CREATE TABLE IF NOT EXISTS log_hour (
    run  INTEGER NOT NULL,
    hour INTEGER NOT NULL,         -- hours since 1970
    requests INTEGER NOT NULL,
    answered_500 INTEGER NOT NULL,
    answered_502 INTEGER NOT NULL,
    answered_503 INTEGER NOT NULL,
    answered_504 INTEGER NOT NULL,
    other_5xx    INTEGER NOT NULL,
    answered_4xx INTEGER NOT NULL,
    user_requests INTEGER NOT NULL,
    user_5xx      INTEGER NOT NULL,
    bot_requests  INTEGER NOT NULL,
    bot_5xx       INTEGER NOT NULL,
    googlebot_requests INTEGER NOT NULL,
    googlebot_5xx      INTEGER NOT NULL,
    minutes BLOB NOT NULL,         -- requests and failures of each minute
    PRIMARY KEY (run, hour)
) WITHOUT ROWID;
