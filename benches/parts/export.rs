//! A stored run to files.

use divan::Bencher;
use divan::counter::ItemsCount;
use gatecrawl::report::{self, Format, Wanted};

use crate::store::{PAGES, written};

#[divan::bench(args = [Format::Csv, Format::Json, Format::Jsonl], sample_count = 10, sample_size = 1)]
fn export(bencher: Bencher, format: Format) {
    let (dir, store, run) = written();
    store.conclude(run).expect("a disk");
    let run = store.run_by_id(run).expect("a run");
    let wanted = Wanted {
        formats: vec![format],
        overwrite: true,
        ..Wanted::default()
    };
    let out = dir.path().join("exports");
    bencher
        .counter(ItemsCount::new(PAGES))
        .bench_local(|| report::write(&store, &run, &wanted, &out).expect("a disk"));
}
