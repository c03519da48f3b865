//! Sockets for queries to name servers. The resolver treats a socket that cannot be opened as an absent
//! server. So this records when that happens because too many files are open.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hickory_resolver::net::runtime::{RuntimeProvider, TokioRuntimeProvider};

use crate::fetch::client::files::lacks_files;

/// A future that opens a socket.
type Opening<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

/// A provider of sockets.
#[derive(Clone, Default)]
pub(in crate::fetch) struct Sockets {
    plain: TokioRuntimeProvider,
    lacked: Arc<AtomicU64>,
}

impl Sockets {
    /// Returns how often no socket could be opened because too many files are open.
    pub(super) fn lacked(&self) -> u64 {
        self.lacked.load(Ordering::Relaxed)
    }

    fn noting<T: 'static>(&self, opening: Opening<T>) -> Opening<T> {
        let lacked = Arc::clone(&self.lacked);
        Box::pin(async move {
            let opened = opening.await;
            if opened.as_ref().is_err_and(lacks_files) {
                lacked.fetch_add(1, Ordering::Relaxed);
            }
            opened
        })
    }
}

impl RuntimeProvider for Sockets {
    type Handle = <TokioRuntimeProvider as RuntimeProvider>::Handle;
    type Timer = <TokioRuntimeProvider as RuntimeProvider>::Timer;
    type Udp = <TokioRuntimeProvider as RuntimeProvider>::Udp;
    type Tcp = <TokioRuntimeProvider as RuntimeProvider>::Tcp;

    fn create_handle(&self) -> Self::Handle {
        self.plain.create_handle()
    }

    fn connect_tcp(
        &self,
        server: SocketAddr,
        local: Option<SocketAddr>,
        limit: Option<Duration>,
    ) -> Opening<Self::Tcp> {
        self.noting(self.plain.connect_tcp(server, local, limit))
    }

    fn bind_udp(&self, local: SocketAddr, server: SocketAddr) -> Opening<Self::Udp> {
        self.noting(self.plain.bind_udp(local, server))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_lack_of_open_files_is_recorded() {
        let sockets = Sockets::default();
        let refused = |number| -> Opening<()> {
            Box::pin(async move { Err(io::Error::from_raw_os_error(number)) })
        };
        let (unreachable, emfile) = (101, 24);
        assert!(sockets.noting(refused(unreachable)).await.is_err());
        assert_eq!(sockets.lacked(), 0);
        assert!(sockets.clone().noting(refused(emfile)).await.is_err());
        assert_eq!(sockets.lacked(), 1);
    }
}
