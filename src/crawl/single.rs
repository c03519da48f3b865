//! One exchange outside any crawl, recorded as a crawl records it.

use std::sync::Arc;

use crate::fetch::Fetcher;
use crate::model::{Attempt, Exchange, Moment, Pressure, Request, Role};

use super::visit::{Circumstances, judged, record};

/// Requests a page once. `user_agent` is the one of the request, whether the crawl's own or
/// another.
pub async fn single<F: Fetcher>(
    fetcher: &F,
    request: Request,
    now: Moment,
    user_agent: &Arc<str>,
) -> (Exchange, Attempt) {
    let circumstances = Circumstances {
        started: now,
        waited: None,
        pass: 1,
        tries_before: 0,
        pressure: Pressure {
            in_flight: 1,
            rate: None,
        },
        user_agent: Arc::clone(user_agent),
    };
    let limit = request.first_byte_limit;
    let exchange = judged(Role::Page, limit, fetcher.fetch(request).await);
    let attempt = record(&exchange, circumstances);
    (exchange, attempt)
}
