//! One search of everything that leaves.

use std::sync::Arc;

use hashbrown::DefaultHashBuilder;

use crate::auditor::Auditor;
use crate::memo::Memo;
use crate::scope::Scope;

/// One search of everything that leaves, shared by the threads that make it.
///
/// It remembers which texts were searched, so it must not be used for two bundles: the second would
/// be given no examples and no counts.
#[derive(Clone)]
pub struct Audit {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) scope: Scope,
    pub(crate) memo: Memo,
    pub(crate) hasher: DefaultHashBuilder,
}

impl Audit {
    /// A search for what is in `scope`, of about `texts` distinct labels.
    ///
    /// It takes 16 to 32 bytes of memory for each of them. More than that are found, too, but
    /// searched again each time they come.
    pub fn new(scope: Scope, texts: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                scope,
                memo: Memo::new(texts),
                hasher: DefaultHashBuilder::default(),
            }),
        }
    }

    /// An auditor, for one thread.
    pub fn auditor(&self) -> Auditor {
        Auditor::new(self.clone())
    }

    /// What is searched for.
    pub fn scope(&self) -> &Scope {
        &self.shared.scope
    }
}
