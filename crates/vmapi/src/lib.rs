//! Talks to VictoriaMetrics over HTTP.
//!
//! A [`Connection`] is what the user gives; checked and normalised it is an [`Endpoint`]; a
//! [`Client`] asks one endpoint. It exports the samples of [`Selector`]s ([`ExportBody`], read piece
//! by piece), evaluates queries and lists series, label values and tenants; [`validate`] finds out
//! whether and as what a connection works.
//!
//! An [`Importer`] writes to a [`Target`], which a `Connection` makes too: one URL gives the paths
//! for writing and for reading back. It tells beforehand what the target would drop without a word
//! ([`TargetLimits`]) or cannot read ([`Dialect`]), and afterwards what it counted
//! ([`RowCounters`]).
//!
//! What goes wrong is an [`Error`] that can tell whether to try again ([`Error::is_retryable`],
//! [`Backoff`]), whether to ask for less ([`Error::limit`]), and what a person should do
//! ([`Error::hint`]).
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use vmapi::{Client, Connection, Endpoint, Timeouts};
//!
//! let connection = Connection {
//!     url: "http://vmselect:8481/select/0/prometheus".to_owned(),
//!     ..Connection::default()
//! };
//! let client = Client::new(Endpoint::new(&connection)?, Timeouts::default())?;
//! let jobs = client.label_values("job", &[], 1_700_000_000_000, 1_700_003_600_000).await?;
//! # Ok(())
//! # }
//! ```
//!
//! It never shows a secret in a log, an error or `Debug`, never sends credentials to another host,
//! never takes a reply for complete that broke off, and never builds a regular expression.

mod address;
mod base_path;
mod body;
mod byte_size;
mod check;
mod client;
mod component;
mod connection;
mod content;
mod credentials;
mod dialect;
mod duration_text;
mod endpoint;
mod error;
mod export;
mod form;
mod gunzip;
mod hint;
mod http;
mod import;
mod label_text;
mod label_values;
mod labels;
mod look_up;
mod masked_url;
mod metrics_page;
mod metrics_text;
mod probe;
mod query;
mod query_range;
mod quote;
mod redirect;
mod reply;
mod result_splitter;
mod retention;
mod retry;
mod row_counters;
mod secret_text;
mod selector;
mod selector_token;
mod series;
mod server_text;
mod target;
mod target_limits;
mod target_path;
mod tenant;
mod tenants;
mod tls;
mod transport_error;
mod typed_url;
mod validate;

pub use body::Framing;
pub use check::{Checked, ServerKind};
pub use client::{Client, Timeouts};
pub use component::{Component, Evidence};
pub use connection::{Auth, Connection, ConnectionError, REQUEST_LOG};
pub use dialect::Dialect;
pub use endpoint::Endpoint;
pub use error::{Cause, ConnectFailure, Error, Limit, RedirectRefusal};
pub use export::{ExportBody, ExportFormat, ExportParams, ExportRoute};
pub use import::{ImportFormat, Importer};
pub use label_text::LabelText;
pub use labels::Labels;
pub use masked_url::MaskedUrl;
pub use probe::ExportSupport;
pub use query::{InstantSeries, QueryResult, RangeSeries, Sample};
pub use query_range::{RangeResult, SteppedSample, SteppedSeries};
pub use retention::{Retention, RetentionError};
pub use retry::{Backoff, RetryPolicy};
pub use row_counters::RowCounters;
pub use selector::{Selector, SelectorError};
pub use server_text::ServerText;
pub use target::Target;
pub use target_limits::TargetLimits;
pub use tenant::{Tenant, TenantError};
pub use validate::{Attempt, Validation, ValidationError, ValidationWarning, validate};
