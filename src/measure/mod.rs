//! Metrics of stored runs and of the runner. A [`Board`] collects them, [`serve`] lets Prometheus read them from a
//! port of this machine, and [`push`] sends them to an OTLP receiver. Both render one list of metrics, so they never
//! disagree. Nothing here changes a run.

mod board;
mod metric;
mod otlp;
mod place;
mod prometheus;
mod push;
mod serve;
mod site;

pub use board::Board;
pub use metric::{Kind, Metric, Sample};
pub use otlp::encode as otlp;
pub use place::Place;
pub use prometheus::text;
pub use push::{Push, PushError, push};
pub use serve::{ServeError, serve};
pub use site::{MOST_SECTIONS, metrics_of_run};
