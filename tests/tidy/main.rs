//! The house rules that a compiler does not know (ARCHITECTURE.md, "Rules").

mod children;
mod circles;
mod documents;
mod floors;
mod inserts;
mod layout;
mod printing;
mod purity;
mod rules;
mod source;
