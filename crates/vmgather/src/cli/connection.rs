//! Options that say who we are to the server and whom we trust.

use std::path::PathBuf;

use clap::Args;

/// Credentials and TLS; only what was typed, files are not read yet.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArgs {
    /// User name for basic authentication
    ///
    /// The password comes from --password-file, else from VMGATHER_SOURCE_PASSWORD; else it is asked
    /// for, if there is a terminal.
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,

    /// File with the password that belongs to --user
    ///
    /// One line; a line feed at its end is not part of the password.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,

    /// File with a bearer token
    ///
    /// One line. Without any option of this kind a token in VMGATHER_SOURCE_TOKEN is used.
    #[arg(long, value_name = "FILE")]
    pub(crate) bearer_token_file: Option<PathBuf>,

    /// Header that authenticates every request, as 'Name: value'
    ///
    /// Other users of this machine can read a program's arguments while it runs; where that
    /// matters, use a file or the environment.
    #[arg(long, value_name = "NAME: VALUE")]
    pub(crate) header: Option<String>,

    /// Trust the certificates in this PEM file as well
    ///
    /// They are added to the system's own roots, for servers behind a private authority.
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_ca: Option<PathBuf>,

    /// Show this certificate to the server; needs --tls-key
    ///
    /// A PEM file, the certificate of this client first, those above it behind.
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Private key of --tls-cert, a PEM file without a passphrase
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Accept any certificate; anyone on the way can then read everything
    #[arg(long)]
    pub(crate) tls_skip_verify: bool,
}

impl ConnectionArgs {
    /// Whether an option about credentials was given.
    pub(crate) fn has_credentials(&self) -> bool {
        self.user.is_some()
            || self.password_file.is_some()
            || self.bearer_token_file.is_some()
            || self.header.is_some()
            || self.tls_cert.is_some()
            || self.tls_key.is_some()
    }

    /// Whether an option about TLS was given.
    pub(crate) fn has_tls(&self) -> bool {
        self.tls_ca.is_some()
            || self.tls_cert.is_some()
            || self.tls_key.is_some()
            || self.tls_skip_verify
    }
}
