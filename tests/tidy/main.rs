//! The house rules that a compiler does not know (ARCHITECTURE.md, "Rules").

mod children;
mod documents;
mod floors;
mod inserts;
mod printing;
mod purity;
mod rules;
mod source;
