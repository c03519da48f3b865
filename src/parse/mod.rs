//! Turns bytes into facts: the content of a page, a header or a file as plain values. Every
//! function here is pure and total: no input makes it panic, wait or take more than linear time.
//! Anything beyond a bound is dropped and counted. Nothing here fetches, stores or decides on the
//! next step.

mod charset;
mod directives;
pub mod har;
mod headers;
pub mod html;
pub mod log;
mod resolve;
pub mod robots;
mod select;
pub mod sitemap;
pub mod traffic;
pub mod url_list;

pub use charset::decode;
pub use directives::RobotsDirectives;
pub use headers::refresh::parse_refresh;
pub use headers::retry_after::{LONGEST_DELAY, RetryAfter, retry_after};
pub use headers::{link_references, refresh_header};
pub use html::{MetaRefresh, Page, has_password_field, page, page_as};
pub use resolve::Resolver;
pub use select::{Document, FieldSelector, SelectorFault};
