//! Which tenants a cluster has.

use crate::client::Client;
use crate::error::Error;
use crate::form::Form;
use crate::tenant::Tenant;

/// Largest list of tenants, in bytes.
const LIMIT_BYTES: usize = 8 << 20;

impl Client {
    /// The tenants of a cluster, sorted; `None` where the list is not offered, as by a single node
    /// and most gateways.
    ///
    /// # Errors
    ///
    /// Everything but a missing route: refused credentials, no reply, a storage node that is down.
    pub async fn tenants(&self) -> Result<Option<Vec<Tenant>>, Error> {
        let Some(prefix) = self.endpoint().cluster_path() else {
            return Ok(None);
        };
        let url = self.endpoint().url(&prefix, "/admin/tenants");
        let body = match self.post(url, Form::new()).await {
            Err(error) if error.is_not_the_api() => return Ok(None),
            body => body?,
        };
        let url = body.url().clone();
        let reply = match body.whole(LIMIT_BYTES).await {
            Err(error) if error.is_not_the_api() => return Ok(None),
            reply => reply?,
        };
        let names: Vec<String> = self.data(url.clone(), &reply)?;
        let tenants: Result<Vec<Tenant>, _> = names.iter().map(|name| name.parse()).collect();
        let mut tenants = tenants.map_err(|_| Error::Unexpected {
            url,
            problem: "a list with something else than tenants".to_owned(),
        })?;
        tenants.sort_unstable();
        tenants.dedup();
        Ok(Some(tenants))
    }
}
