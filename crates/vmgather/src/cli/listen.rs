//! Options of everything that serves a page.

use std::path::PathBuf;

use clap::Args;

/// How a page is reached, but for the address.
#[derive(Args, Debug, Default)]
pub(crate) struct ListenArgs {
    /// Never take another port
    #[arg(long)]
    pub(crate) strict_port: bool,

    /// Do not open a browser
    #[arg(long)]
    pub(crate) no_browser: bool,

    /// File with the access token
    ///
    /// One line of at least 16 characters. Without it a token is made where one is needed, and
    /// printed.
    #[arg(long, value_name = "FILE", help_heading = "Access")]
    pub(crate) token_file: Option<PathBuf>,

    /// Name by which the server is reached besides its address; repeatable
    ///
    /// Requests that name another host are refused, so that no other page can reach this one through
    /// a name of its own.
    #[arg(long = "allow-host", value_name = "NAME", help_heading = "Access")]
    pub(crate) hosts: Vec<String>,

    /// Serve HTTPS with this certificate; needs --tls-key
    ///
    /// A PEM file, the certificate of this server first, those above it behind.
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_key",
        help_heading = "Access"
    )]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Private key of --tls-cert, a PEM file without a passphrase
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_cert",
        help_heading = "Access"
    )]
    pub(crate) tls_key: Option<PathBuf>,
}
