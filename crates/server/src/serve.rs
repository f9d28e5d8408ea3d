//! Accepting connections until told to stop.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::access::Peer;
use crate::connection::{Answering, Paced, Stage};
use crate::error::Error;
use crate::listen::Bound;

/// How long clients are waited for, and how many there may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until a header is complete, a TLS handshake too.
    pub header: Duration,
    /// Until a body of JSON is complete.
    pub body: Duration,
    /// Between two requests of a connection.
    pub idle: Duration,
    /// Until a client takes another byte of a reply.
    pub stall: Duration,
    /// For replies in progress once the server stops.
    pub stop: Duration,
    /// Connections at once; more wait, and idle ones make room.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(5),
            body: Duration::from_secs(30),
            idle: Duration::from_secs(120),
            stall: Duration::from_secs(60),
            stop: Duration::from_secs(5),
            connections: 256,
        }
    }
}

/// Largest header in bytes.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// Pause after the system refused a connection, so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `app` on a port until `stop` is cancelled; then lets replies end for [`Limits::stop`].
///
/// # Errors
///
/// [`Error::Listen`] if the port cannot be used by the runtime.
pub async fn serve(
    bound: Bound,
    tls: Option<Arc<ServerConfig>>,
    app: Router,
    limits: Limits,
    stop: CancellationToken,
) -> Result<(), Error> {
    let address = bound.address();
    let listener = TcpListener::from_std(bound.listener)
        .map_err(|error| Error::Listen(address.to_string(), error))?;
    let tls = tls.map(TlsAcceptor::from);
    let slots = Arc::new(Semaphore::new(limits.connections));
    let crowded = Arc::new(Notify::new());
    let mut connections = JoinSet::new();
    loop {
        if slots.available_permits() == 0 {
            crowded.notify_waiters();
        }
        let accepted = async {
            let slot = slots.clone().acquire_owned().await;
            (listener.accept().await, slot)
        };
        let (accepted, slot) = tokio::select! {
            accepted = accepted => accepted,
            () = stop.cancelled() => break,
        };
        // Those that ended need no waiting for.
        while connections.try_join_next().is_some() {}
        let Ok((stream, remote)) = accepted else {
            // Out of file descriptors, for instance: some may be closed meanwhile.
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Without effect on replies: small pieces only leave at once.
        let _ = stream.set_nodelay(true);
        let visitor = Visitor {
            app: TowerToHyperService::new(app.clone()),
            limits,
            crowded: crowded.clone(),
            stop: stop.clone(),
        };
        let tls = tls.clone();
        connections.spawn(async move {
            let _slot = slot;
            visitor.welcome(stream, remote, tls).await;
        });
    }
    drop(listener);
    // Whoever is still busy then is dropped with the set.
    let _ = timeout(limits.stop, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    Ok(())
}

/// What serves one connection.
struct Visitor {
    app: TowerToHyperService<Router>,
    limits: Limits,
    crowded: Arc<Notify>,
    stop: CancellationToken,
}

impl Visitor {
    async fn welcome(self, stream: TcpStream, remote: SocketAddr, tls: Option<TlsAcceptor>) {
        let Ok(local) = stream.local_addr() else {
            return;
        };
        let peer = Peer::new(remote, local).await;
        match tls {
            None => self.answer(stream, peer).await,
            Some(acceptor) => {
                let handshake = timeout(self.limits.header, acceptor.accept(stream)).await;
                if let Ok(Ok(stream)) = handshake {
                    self.answer(stream, peer).await;
                }
            }
        }
    }

    async fn answer<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        self,
        stream: S,
        peer: Peer,
    ) {
        let stage = Arc::new(Stage::default());
        let stream = Paced::new(stream, self.limits, stage.clone());
        let service = {
            let stage = stage.clone();
            let limits = self.limits;
            service_fn(move |mut request: Request<Incoming>| {
                let answering = stage.answer();
                request.extensions_mut().insert(peer);
                request.extensions_mut().insert(limits);
                let reply = self.app.call(request.map(Body::new));
                async move {
                    let reply: Response<Body> = reply.await?;
                    Ok::<_, Infallible>(reply.map(|body| {
                        Body::new(Guarded {
                            body,
                            _answering: answering,
                        })
                    }))
                }
            })
        };
        let connection = http1::Builder::new()
            .max_buf_size(MAX_HEADER_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let mut stopping = false;
        loop {
            tokio::select! {
                // How a connection ends is the client's business.
                _ = connection.as_mut() => return,
                () = self.stop.cancelled(), if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = self.crowded.notified() => {
                    if stage.is_idle() {
                        return;
                    }
                }
            }
        }
    }
}

/// A body whose request is being answered until it has been sent.
struct Guarded {
    body: Body,
    _answering: Answering,
}

impl HttpBody for Guarded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}
