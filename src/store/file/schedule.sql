-- State of the schedule that survives restarts.
CREATE TABLE IF NOT EXISTS schedule (
    project TEXT PRIMARY KEY,
    since   INTEGER NOT NULL,   -- when it was first seen: nothing is due before
    served  INTEGER,            -- the due time that was served last, in ms
    token   TEXT,               -- the run that is under way or was interrupted
    due     INTEGER,            -- what that run was due at
    out     TEXT,               -- where its exports go
    run     INTEGER,            -- the last run that came to its end
    ended   INTEGER,            -- when that was
    step    INTEGER NOT NULL,   -- steps of the ladder that it is past
    pass    INTEGER             -- the pass of the step under way
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS schedule_run (
    run     INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    due     INTEGER NOT NULL,
    ended   INTEGER NOT NULL,
    out     TEXT,               -- the directory of its exports
    files   TEXT NOT NULL,      -- what was written, as a list in JSON
    new_5xx INTEGER             -- pages with a 5xx that had none in the baseline; null if it had none
);
