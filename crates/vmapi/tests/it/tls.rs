//! Certificates that are trusted, and those that are not.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{WantsServerCert, WebPkiClientVerifier};
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use vmapi::{Client, Connection, Endpoint, Error, Timeouts};

use crate::server::{Reply, Server, answer, client_of, connection, params, read};

pub(crate) fn certificates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/certificates")
}

/// Serves one reply over TLS, to whoever finishes the handshake first, and returns the base URL.
pub(crate) async fn start() -> String {
    start_with(|builder| builder.with_no_client_auth()).await
}

/// The same for clients that show a certificate of the test authority.
async fn start_mutual() -> String {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(certificates().join("client-ca.pem")).unwrap();
    roots.add(authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    start_with(|builder| builder.with_client_cert_verifier(verifier)).await
}

async fn start_with(
    clients: impl FnOnce(
        ConfigBuilder<ServerConfig, WantsVerifier>,
    ) -> ConfigBuilder<ServerConfig, WantsServerCert>,
) -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = CertificateDer::pem_file_iter(certificates().join("server.pem"))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates().join("server.key")).unwrap();
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = clients(builder).with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            match acceptor.accept(stream).into_fallible().await {
                Ok(mut stream) => {
                    answer(&mut stream, &Reply::ok("x")).await;
                }
                // What the client sent is read, so that the alert is not lost to a reset.
                Err((_, mut stream)) => {
                    let _ = stream.shutdown().await;
                    let _ = stream.read_to_end(&mut Vec::new()).await;
                }
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
    assert!(error.is_certificate());
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
async fn a_plain_server_may_lead_to_an_encrypted_one() {
    let encrypted = start().await;
    for (ca, trusted) in [(Some("ca.pem"), true), (None, false)] {
        let plain = Server::start([Reply::redirect(307, &format!("{encrypted}/x"))]).await;
        let client = client_of(&Connection {
            tls_ca: ca.map(|name| certificates().join(name)),
            ..connection(&plain.url)
        });
        match client.export_native(&params()).await {
            Ok(body) => assert_eq!((read(body).await.0, trusted), (b"x".to_vec(), true)),
            Err(error) => assert!(error.is_certificate() && !trusted, "{error:?}"),
        }
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
    assert!(error.is_certificate());
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
    let authority = url.trim_start_matches("https://");
    assert_eq!(
        error.to_string(),
        format!("`{authority}` does not answer to TLS")
    );
    assert_eq!(
        error.hint().unwrap(),
        "the server may speak plain HTTP: try `http://` in the URL"
    );
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

fn with_identity(url: &str, certificate: Option<&str>, key: Option<&str>) -> Connection {
    Connection {
        tls_ca: Some(certificates().join("ca.pem")),
        tls_cert: certificate.map(|file| certificates().join(file)),
        tls_key: key.map(|file| certificates().join(file)),
        ..connection(url)
    }
}

#[tokio::test]
async fn a_client_certificate_opens_the_door() {
    let url = start_mutual().await;
    let folder = tempfile::tempdir().unwrap();
    let both = folder.path().join("both.pem");
    let read = |file| std::fs::read(certificates().join(file)).unwrap();
    std::fs::write(&both, [read("client.pem"), read("client.key")].concat()).unwrap();
    let in_one_file = Connection {
        tls_cert: Some(both),
        ..with_identity(&url, None, None)
    };
    for connection in [
        with_identity(&url, Some("client.pem"), Some("client.key")),
        in_one_file,
    ] {
        client_of(&connection)
            .export_native(&params())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_missing_client_certificate_is_named() {
    let url = start_mutual().await;
    let error = client_of(&with_identity(&url, None, None))
        .export_native(&params())
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::ClientCertificate { .. }),
        "{error:?}"
    );
    assert!(!error.is_retryable());
    let authority = url.trim_start_matches("https://");
    assert_eq!(
        error.to_string(),
        format!("`{authority}` wants a client certificate that it accepts")
    );
    assert!(
        error
            .hint()
            .unwrap()
            .starts_with("give the client certificate")
    );
}

#[test]
fn certificates_and_keys_that_are_none_are_named() {
    for (certificate, key, field, problem) in [
        (None, Some("client.key"), "tls_cert", "is missing"),
        (Some("missing.pem"), None, "tls_cert", "cannot be read"),
        (Some("client.key"), None, "tls_cert", "holds no certificate"),
        (Some("client.pem"), None, "tls_cert", "holds no private key"),
        (
            Some("client.pem"),
            Some("ca.pem"),
            "tls_key",
            "holds no private key",
        ),
        (
            Some("client.pem"),
            Some("client-encrypted.key"),
            "tls_key",
            "holds an encrypted key",
        ),
    ] {
        let connection = with_identity("https://vm", certificate, key);
        let error = Endpoint::new(&connection)
            .and_then(|endpoint| Client::new(endpoint, Timeouts::default()))
            .unwrap_err();
        assert_eq!(error.field(), field);
        assert!(error.to_string().contains(problem), "{error}");
    }
}
