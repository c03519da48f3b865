//! Tests of the whole against origins on this machine: scripted HTTP, TLS and name servers. No
//! request leaves it.

mod addresses;
mod answer;
mod cli;
mod compare;
mod demo;
mod entrances;
mod everyday;
mod external;
mod fetch;
#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "a library of its own for the fuzzer")]
mod fuzz;
mod fuzzed;
mod known;
mod logs;
mod migration;
mod nameserver;
mod numbers;
mod origin;
mod outages;
mod post;
#[cfg(target_os = "linux")]
mod preloaded;
mod replay;
mod secrets;
mod settings;
mod tls;
mod traffic;
mod truth;
mod unaudited;
mod weekly;
