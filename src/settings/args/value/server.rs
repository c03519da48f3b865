//! A server product by any of its names.

use std::str::FromStr;

use crate::assess::playbook::{server_key, servers};

/// The key of a product in the playbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServerName(pub(crate) &'static str);

impl FromStr for ServerName {
    type Err = String;

    fn from_str(text: &str) -> Result<ServerName, String> {
        server_key(text).map(ServerName).ok_or_else(|| {
            let known: Vec<_> = servers().collect();
            format!("unknown; known are {}", known.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_known_by_their_names() {
        for (text, key) in [
            ("nginx", "nginx"),
            ("nginx/1.22.1", "nginx"),
            ("php-fpm", "php-fpm"),
            ("load_balancer", "load_balancer"),
        ] {
            assert_eq!(text.parse(), Ok(ServerName(key)));
        }
        for key in servers() {
            assert_eq!(key.parse(), Ok(ServerName(key)));
        }
        assert!("teapot".parse::<ServerName>().is_err());
    }
}
