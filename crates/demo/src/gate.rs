use std::sync::Arc;

use tokio::sync::watch;

/// A place where a response waits until a test lets it go on.
///
/// Clones are the same gate.
#[derive(Debug, Clone)]
pub struct Gate {
    state: Arc<watch::Sender<State>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    reached: bool,
    open: bool,
}

impl Gate {
    /// A closed gate that nothing has reached.
    pub fn new() -> Gate {
        Gate {
            state: Arc::new(watch::Sender::new(State::default())),
        }
    }

    /// Lets everything pass, now and later.
    pub fn open(&self) {
        self.state.send_modify(|state| state.open = true);
    }

    /// Waits until a response stands before the gate, or has passed it.
    pub async fn reached(&self) {
        self.wait(|state| state.reached).await;
    }

    /// Marks the gate as reached and waits until it is open.
    pub(crate) async fn pass(self) {
        self.state.send_modify(|state| state.reached = true);
        self.wait(|state| state.open).await;
    }

    async fn wait(&self, holds: impl FnMut(&State) -> bool) {
        // The sender lives as long as `self`, so the channel is never closed here.
        let _ = self.state.subscribe().wait_for(holds).await;
    }
}

impl Default for Gate {
    fn default() -> Gate {
        Gate::new()
    }
}
