//! The steps from one version of the schema to the next.

/// One list of statements for each step between two versions; the first leads from 1 to 2.
pub(super) const STEPS: [&str; 18] = [
    "ALTER TABLE url ADD COLUMN known INTEGER NOT NULL DEFAULT 0;",
    // The load that a host bears is now read from its attempts.
    "DROP TABLE IF EXISTS host_load;
     ALTER TABLE assessment ADD COLUMN in_outage INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE assessment ADD COLUMN earlier_failed INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE assessment ADD COLUMN earlier_runs INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE run ADD COLUMN asked TEXT;",
    "ALTER TABLE run ADD COLUMN idle_ms INTEGER NOT NULL DEFAULT 0;",
    // No change of the tables: from this version on a skip reason may be `max_disk`.
    "",
    // `reset_in_headers` and `eof_in_headers` are no longer separate from similar outcomes.
    "UPDATE attempt SET outcome = 29 WHERE outcome = 30;
     UPDATE attempt SET outcome = 28 WHERE outcome = 31;
     UPDATE assessment SET outcome = 29 WHERE outcome = 30;
     UPDATE assessment SET outcome = 28 WHERE outcome = 31;
     UPDATE cluster SET outcome = 29 WHERE outcome = 30;
     UPDATE cluster SET outcome = 28 WHERE outcome = 31;",
    "ALTER TABLE invalid_link ADD COLUMN unseen INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE sitemap_file ADD COLUMN unseen INTEGER NOT NULL DEFAULT 0;",
    // `soft_error_200` is a failure.
    "",
    "ALTER TABLE finding ADD COLUMN pages INTEGER;",
    "ALTER TABLE part ADD COLUMN rate_5xx REAL;
     ALTER TABLE part ADD COLUMN low_5xx REAL;
     ALTER TABLE part ADD COLUMN high_5xx REAL;",
    "ALTER TABLE finding ADD COLUMN id TEXT NOT NULL DEFAULT '';
     CREATE TABLE finding_cluster (
        run INTEGER NOT NULL, cluster INTEGER NOT NULL, finding INTEGER NOT NULL,
        PRIMARY KEY (run, cluster, finding)) WITHOUT ROWID;
     CREATE TABLE finding_url (
        run INTEGER NOT NULL, url INTEGER NOT NULL, finding INTEGER NOT NULL,
        PRIMARY KEY (run, url, finding)) WITHOUT ROWID;",
    "ALTER TABLE finding ADD COLUMN since INTEGER;
     ALTER TABLE finding ADD COLUMN runs INTEGER NOT NULL DEFAULT 1;",
    // The table was created when the first project ran.
    "CREATE TABLE IF NOT EXISTS schedule_run (run INTEGER PRIMARY KEY, project TEXT NOT NULL, due INTEGER NOT NULL,
        ended INTEGER NOT NULL, out TEXT, files TEXT NOT NULL);
     ALTER TABLE schedule_run ADD COLUMN new_5xx INTEGER;",
    VISITS_AND_LINES,
    // Counts of logs have another form. The next call reads the logs from their beginning.
    "DROP TABLE IF EXISTS log_run;
     DROP TABLE IF EXISTS log_checkpoint;
     DROP TABLE IF EXISTS log_url;
     DROP TABLE IF EXISTS log_failure;
     DROP TABLE IF EXISTS log_hour;",
    // Requests of pages in server logs.
    "CREATE TABLE log_hit (
        run INTEGER NOT NULL, url INTEGER NOT NULL, hits INTEGER NOT NULL, PRIMARY KEY (run, url)) WITHOUT ROWID;",
    // Requests in server logs are visits, where no others are known.
    "ALTER TABLE run ADD COLUMN log_days INTEGER;
     ALTER TABLE run_traffic ADD COLUMN of_logs INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE page_traffic ADD COLUMN hits REAL;",
];

/// The tables of visits and of lines of server logs, and pages that are made by scripts, as in `schema.sql`.
const VISITS_AND_LINES: &str = "
    CREATE TABLE log_line (
        run INTEGER NOT NULL, url INTEGER NOT NULL, number INTEGER NOT NULL, cause TEXT, file TEXT NOT NULL,
        line INTEGER NOT NULL, pattern TEXT, PRIMARY KEY (run, url, number)) WITHOUT ROWID;
    ALTER TABLE page ADD COLUMN needs_script INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE traffic_file (
        id INTEGER PRIMARY KEY, site TEXT NOT NULL UNIQUE, read INTEGER NOT NULL, days INTEGER NOT NULL,
        stated INTEGER NOT NULL);
    CREATE TABLE traffic (
        file INTEGER NOT NULL, address TEXT NOT NULL, clicks REAL, impressions REAL, sessions REAL,
        PRIMARY KEY (file, address)) WITHOUT ROWID;
    CREATE TABLE run_traffic (
        run INTEGER PRIMARY KEY, read INTEGER NOT NULL, days INTEGER NOT NULL, stated INTEGER NOT NULL,
        pages INTEGER NOT NULL, matched INTEGER NOT NULL, visits REAL NOT NULL, matched_visits REAL NOT NULL);
    CREATE TABLE page_traffic (
        run INTEGER NOT NULL, url INTEGER NOT NULL, clicks REAL, impressions REAL, sessions REAL,
        PRIMARY KEY (run, url)) WITHOUT ROWID;";

/// Version of the schema, in `PRAGMA user_version`.
pub(in crate::store) const SCHEMA: i64 = 1 + STEPS.len() as i64;
