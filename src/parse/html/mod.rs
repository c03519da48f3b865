//! One streaming pass over the text of a page finds its references and the facts about it. A
//! tokenizer reads the markup, a small model of the open elements knows where a tag stands, and the
//! link rules find what it refers to. There is no tree, so time and memory grow only with the text,
//! however deep, broken or hostile it is. Scripts do not run: the content of `<noscript>` counts.

mod collect;
#[cfg(test)]
mod differential;
mod element;
mod facts;
mod folded;
mod links;
mod markup;
mod nesting;
mod password;
mod report;
mod tag;
#[cfg(test)]
mod tests;

pub use collect::{page, page_as};
pub use password::has_password_field;
pub use report::{MetaRefresh, Page};
