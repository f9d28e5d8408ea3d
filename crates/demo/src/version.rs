use vmformat::native::Layout;

/// Which VictoriaMetrics the demo behaves like, where the versions differ on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// v1.79.5, which Debian 12 ships: old block layout, milliseconds read as seconds, errors
    /// appended to complete answers.
    V1_79,
    /// v1.112.0: new block layout, broken streams are aborted, errors name the client's address.
    V1_112,
    /// v1.150.0: plain error texts, 400 for bad parameters everywhere.
    V1_150,
}

impl Version {
    /// The version as `vm_app_version` spells it in `short_version`, without `-cluster`.
    pub fn short(self) -> &'static str {
        match self {
            Version::V1_79 => "v1.79.5",
            Version::V1_112 => "v1.112.0",
            Version::V1_150 => "v1.150.0",
        }
    }

    /// Date and time of the build as they stand in the long version.
    pub(crate) fn built(self) -> &'static str {
        match self {
            Version::V1_79 => "20221109-143218",
            Version::V1_112 => "20250221-181233",
            Version::V1_150 => "20261012-094107",
        }
    }

    /// Layout of exported native blocks; it changed in v1.82.0.
    pub fn layout(self) -> Layout {
        match self {
            Version::V1_79 => Layout::A,
            Version::V1_112 | Version::V1_150 => Layout::B,
        }
    }

    /// Whether a stream that fails is cut off, instead of ended cleanly after an error text.
    pub(crate) fn aborts_failed_streams(self) -> bool {
        self != Version::V1_79
    }

    /// Whether plain error texts begin with the client's address and the request URI.
    pub(crate) fn prefixes_errors(self) -> bool {
        self != Version::V1_150
    }

    /// Whether a full queue is 429 with `Retry-After` rather than 503.
    pub(crate) fn answers_full_queue_with_429(self) -> bool {
        self != Version::V1_79
    }

    /// Status for bad parameters of query, series and label requests.
    pub(crate) fn bad_parameter_status(self) -> u16 {
        match self {
            Version::V1_150 => 400,
            Version::V1_79 | Version::V1_112 => 422,
        }
    }

    /// Whether `{a="1" or b="2"}` is a selector.
    pub(crate) fn knows_or_in_selectors(self) -> bool {
        self != Version::V1_79
    }

    /// Whether a cluster reads a path without tenant as tenant 0:0.
    pub(crate) fn assumes_tenant_zero(self) -> bool {
        self == Version::V1_150
    }

    /// Whether the credentials of the query API protect `/metrics` too.
    pub(crate) fn protects_metrics_page(self) -> bool {
        self != Version::V1_79
    }
}
