//! Tests of the program against servers that people really run, each started by its test on a free
//! port of this machine, in a directory of its own, and stopped with it. Each asks the exports what
//! the crawler believes, and the server's access log what it did.

mod backends;
mod crawler;
mod damaged;
mod documentation;
mod full_disk;
mod hostile;
mod killed_often;
mod logs;
mod matrix;
mod netns;
mod nginx;
mod origin;
mod outage;
mod overload;
mod own_faults;
mod program;
mod proxies;
mod readers;
mod report;
mod schedule;
mod scheduled;
mod server;
mod sick;
mod tls;
