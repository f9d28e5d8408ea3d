use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

use crate::request_log::RequestLog;
use crate::server::{Handler, Server, Wire};
use crate::{Error, Options, Orders, Request};

/// Pause after the system refused a connection, so that the thread does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A running demo server; dropping it closes its port and all of its connections.
///
/// It has a thread and an event loop of its own, so it answers whatever its owner does.
#[derive(Debug)]
pub struct Demo {
    port: u16,
    shared: Arc<Server>,
    /// Dropping it stops the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Demo {
    /// Starts a server on a free port of the loopback address.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] without a free port, [`Error::Thread`] without a thread.
    pub fn start(options: Options) -> Result<Demo, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::Listen)?;
        listener.set_nonblocking(true).map_err(Error::Listen)?;
        let port = listener.local_addr().map_err(Error::Listen)?.port();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::Thread)?;
        let shared = Arc::new(Server {
            installation: Arc::new(options.installation.clone()),
            options,
            orders: Orders::default(),
            log: RequestLog::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let server = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("demo".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = accept(listener, server) => {}
                        _ = stopped => {}
                    }
                });
            })
            .map_err(Error::Thread)?;
        Ok(Demo {
            port,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// `http://127.0.0.1:<port>`, followed by the first path prefix if there is one.
    pub fn url(&self) -> String {
        let prefix = self.shared.options.prefixes.first();
        let prefix = prefix.map_or("", String::as_str);
        format!("http://127.0.0.1:{}{prefix}", self.port)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What is to go wrong.
    pub fn orders(&self) -> &Orders {
        &self.shared.orders
    }

    /// All requests received so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.log.all()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its own thread.
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, server: Arc<Server>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            // Out of file descriptors, for instance: some may be closed meanwhile.
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Without effect on the answers: small pieces only leave at once.
        let _ = stream.set_nodelay(true);
        let (stream, wire) = Wire::new(stream);
        let handler = Handler {
            server: Arc::clone(&server),
            peer,
            wire,
        };
        let service = service_fn(move |request| handler.clone().handle(request));
        tokio::spawn(async move {
            // How a connection ends is the client's business, or was ordered.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
