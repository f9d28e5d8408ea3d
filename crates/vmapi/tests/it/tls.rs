//! Certificates that are trusted, and those that are not.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use vmapi::{Client, Connection, Endpoint, Error, Timeouts};

use crate::server::{Reply, answer, client_of, connection, params, read};

fn certificates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/certificates")
}

/// Serves one reply over TLS, to whoever finishes the handshake first, and returns the base URL.
async fn start() -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = CertificateDer::pem_file_iter(certificates().join("server.pem"))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates().join("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(mut stream) = acceptor.accept(stream).await {
                answer(&mut stream, &Reply::ok("x")).await;
            }
        }
    });
    url
}

#[tokio::test]
async fn an_unknown_authority_is_refused_for_good() {
    let url = start().await;
    let error = client_of(&connection(&url))
        .export_native(&params())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Certificate { .. }), "{error:?}");
    assert!(!error.is_retryable());
    let authority = url.trim_start_matches("https://");
    assert!(error.to_string().contains(authority), "{error}");
    assert!(error.hint().unwrap().contains("CA file"));
}

#[tokio::test]
async fn a_ca_file_or_a_deliberate_choice_lets_it_pass() {
    let url = start().await;
    let trusting = Connection {
        tls_ca: Some(certificates().join("ca.pem")),
        ..connection(&url)
    };
    let careless = Connection {
        skip_tls_verify: true,
        ..connection(&url)
    };
    for connection in [trusting, careless] {
        let body = client_of(&connection)
            .export_native(&params())
            .await
            .unwrap();
        assert_eq!(read(body).await.0, b"x");
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let url = start().await.replace("127.0.0.1", "localhost");
    let error = client_of(&Connection {
        tls_ca: Some(certificates().join("ca.pem")),
        ..connection(&url)
    })
    .export_native(&params())
    .await
    .unwrap_err();
    assert!(matches!(error, Error::Certificate { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_without_tls_is_recognised() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let refusal = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        stream.write_all(refusal).await.unwrap();
        // The greeting of the client is read, so that the refusal is not lost to a reset.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let error = client_of(&connection(&url))
        .export_native(&params())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("http://"));
}

#[test]
fn a_ca_file_that_is_none_is_named() {
    for (file, problem) in [
        ("missing.pem", "cannot be read"),
        ("README.md", "holds no certificate"),
    ] {
        let path = certificates().join(file);
        let endpoint = Endpoint::new(&Connection {
            tls_ca: Some(path.clone()),
            ..connection("https://vm")
        })
        .unwrap();
        let error = Client::new(endpoint, Timeouts::default()).unwrap_err();
        assert_eq!(error.field(), "tls_ca");
        let shown = error.to_string();
        assert!(shown.contains(problem) && shown.contains(file), "{shown}");
    }
}
