//! From the address that was typed to the one that works.

use vmapi::{Connection, Endpoint, Timeouts, ValidationWarning, validate};

/// Finds the path of the tenant where the address of a cluster has none, and says what was assumed.
/// `None` if the address needs none, or if nothing answers: then whatever is asked next says why.
pub(crate) async fn resolve(connection: &Connection, say: impl Fn(&str)) -> Option<Connection> {
    let endpoint = Endpoint::new(connection).ok()?;
    if !matches!(endpoint.base_path(), "" | "/prometheus") {
        return None;
    }
    let found = validate(connection, Timeouts::VALIDATE).await.ok()?;
    for warning in &found.warnings {
        match warning {
            // Discovery and the export say by themselves what they did not find.
            ValidationWarning::NoComponents | ValidationWarning::Partial => {}
            _ => say(&warning.to_string()),
        }
    }
    Some(found.connection)
}
