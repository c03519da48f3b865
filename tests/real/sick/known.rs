//! Pages that an earlier run knew.

use super::behaviour::{always, fine};
use super::origin::Origin;
use super::run::audit_at;
use super::site::Site;
use super::want::Wants;
use crate::crawler::Workdir;

/// The pages behind the home page, each linked from the one before it only.
const CHAIN: [&str; 10] = [
    "/1.html", "/2.html", "/3.html", "/4.html", "/5.html", "/6.html", "/7.html", "/8.html",
    "/9.html", "/10.html",
];

/// The chain, with these pages broken.
fn chain(broken: &[&str]) -> Site {
    Site::new().chain(&CHAIN, |path| {
        if broken.contains(&path) {
            always(502)
        } else {
            fine()
        }
    })
}

#[test]
#[ignore = "takes minutes"]
fn a_chain_that_breaks_is_still_requested_to_its_end() {
    let workdir = Workdir::new();
    let origin = Origin::serve(chain(&[]));
    let healthy = audit_at(&workdir, &origin, &[]);
    assert_eq!(healthy.fetched(), 11, "the healthy chain");

    origin.change(chain(&["/2.html", "/7.html"]));
    let run = audit_at(&workdir, &origin, &[]);
    let mut wants = Wants::of("chain of 11, two broken later", &run);
    wants.every_page_fetched();
    wants.truth();
    wants.exactly("persistent", 2, run.verdicts("/", "persistent"));
    let changes = run.compare.iter();
    let gone: Vec<_> = changes
        .filter(|row| row["Change"] == "gone")
        .map(|row| row["Address"].clone())
        .collect();
    wants.none("pages called gone", &gone);
    wants.end();
}
