use crate::{Installation, Version};

/// What the demo pretends to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which URLs exist.
    pub personality: Personality,
    /// Which version's texts and quirks are shown.
    pub version: Version,
    /// The data. Their end is the demo's "now": it stands still, unless they grow.
    pub installation: Installation,
    /// What a request must carry; `None` asks for nothing.
    pub credentials: Option<Credentials>,
    /// Path prefixes in front of everything, as a vmauth has them. If there are any, every other
    /// path is a missing route.
    pub prefixes: Vec<String>,
    /// How often each block and sample is sent, 1 or more: a cluster with that replication
    /// factor and without deduplication.
    pub replicas: usize,
    /// Most samples of an exported block, 1 to 8192.
    pub rows_per_block: usize,
}

impl Options {
    /// The demo installation with data up to `now_ms` (Unix milliseconds), open to everybody.
    pub fn new(personality: Personality, version: Version, now_ms: i64) -> Options {
        Options {
            personality,
            version,
            installation: Installation::demo(version, now_ms),
            credentials: None,
            prefixes: Vec::new(),
            replicas: 1,
            rows_per_block: vmformat::native::MAX_ROWS_WRITTEN,
        }
    }
}

/// The kinds of VictoriaMetrics that differ in their URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personality {
    /// A single node: `/api/v1/...`, also below `/prometheus`.
    Single,
    /// A vmselect: `/select/<tenant>/prometheus/api/v1/...` and `/admin/tenants`.
    Cluster,
}

/// Credentials that the demo demands: inventions of a test, never somebody's secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// HTTP basic authentication.
    Basic {
        /// Before the colon.
        username: String,
        /// Behind it.
        password: String,
    },
    /// A bearer token.
    Bearer(String),
    /// Any header with this value.
    Header {
        /// Name of the header, in any case.
        name: String,
        /// Its whole value.
        value: String,
    },
}
