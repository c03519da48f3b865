//! Every status that has an outcome of its own, each said by a host that says nothing else.

use super::case::{Case, html, page, say, status};

/// Their hosts: `status-502` and so on.
macro_rules! statuses {
    ($($status:literal => $outcome:literal,)*) => {
        &[$(page(concat!("status-", $status), $outcome, |_, line| {
            status(line, concat!($status, " So Be It"))
        }),)*]
    };
}

/// Hosts that say a status.
pub(super) const CASES: &[Case] = statuses! {
    400 => "client_400",
    401 => "client_401",
    403 => "client_403",
    404 => "client_404",
    408 => "client_408",
    410 => "client_410",
    421 => "client_421",
    425 => "client_425",
    429 => "client_429",
    444 => "client_other",
    451 => "client_451",
    500 => "server_500",
    501 => "server_501",
    502 => "server_502",
    503 => "server_503",
    504 => "server_504",
    505 => "server_505",
    507 => "server_507",
    508 => "server_508",
    509 => "server_509",
    511 => "server_511",
    520 => "cf_520",
    521 => "cf_521",
    522 => "cf_522",
    523 => "cf_523",
    524 => "cf_524",
    525 => "cf_525",
    526 => "cf_526",
    527 => "cf_527",
    529 => "server_529",
    530 => "cf_530",
    540 => "server_540",
    561 => "server_561",
    566 => "server_other",
    598 => "server_598",
    599 => "server_599",
    600 => "status_invalid",
    999 => "status_invalid",
    206 => "status_unrequested",
    304 => "status_unrequested",
};

/// Hosts of which the status does not say all.
pub(super) const MORE: &[Case] = &[
    // A wait that ends never is not waited for.
    page("away", "server_503_retry_after", |_, line| {
        status(line, "503 Away\r\nRetry-After: 99999999999999999999")
    }),
    page("busy", "client_429", |_, line| {
        status(line, "429 Slow Down\r\nRetry-After: 1e99")
    }),
    page("status-word", "status_invalid", |_, line| {
        status(line, "2OO OK")
    }),
    page("fine-but-broken", "soft_error_200", |_, line| {
        html(line, "<h1>Error establishing a database connection</h1>")
    }),
    page("plain-text", "ok_non_html", |_, line| {
        say(
            line,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n502 Bad Gateway",
        )
    }),
];
