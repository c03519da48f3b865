//! Look-ups of names, as the verification needs them.

use std::net::IpAddr;

/// The answer to a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    /// These.
    Found(Vec<T>),
    /// The name server says that there is none.
    Nothing,
    /// No answer, or an error.
    Failed,
}

/// Looks names up. Calls wait for the answer.
pub trait Resolve: Send + Sync {
    /// Returns the names of an IP address.
    fn names(&self, address: IpAddr) -> Lookup<String>;
    /// Returns the IP addresses of a name.
    fn addresses(&self, name: &str) -> Lookup<IpAddr>;
}
