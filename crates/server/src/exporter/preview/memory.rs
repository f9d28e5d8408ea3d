//! What previews found, for the next one and for the export after it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use gather::preview::Preview;
use privacy::Map;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use vmapi::{Auth, Client};

use super::listing::Listing;
use crate::exporter::Exporter;
use crate::exporter::export_request::Checked;
use crate::reply::{Problem, one_line};

/// How long a list of series stands for the source.
const FRESH: Duration = Duration::from_secs(60);

/// Lists that are kept; a person has one selection in hand.
const LISTINGS: usize = 2;

/// Maps that are kept, for as many choices of labels.
const MAPS: usize = 32;

/// A request in 32 bytes; credentials are part of it, so that nobody gets what others may see.
type Key = [u8; 32];

/// What previews found.
#[derive(Default)]
pub(in crate::exporter) struct Memory {
    listings: Mutex<VecDeque<(Key, Instant, Arc<Listing>)>>,
    maps: Mutex<VecDeque<(Key, Map)>>,
}

impl Memory {
    /// The series of a selection, asked for unless they were just a moment ago.
    pub(super) async fn listing(
        &self,
        client: &Client,
        checked: &Checked,
    ) -> Result<Arc<Listing>, Problem> {
        let key = selection_key(checked);
        {
            let mut listings = lock(&self.listings);
            listings.retain(|(_, at, _)| at.elapsed() < FRESH);
            if let Some((_, _, listing)) = listings.iter().find(|(known, ..)| *known == key) {
                return Ok(listing.clone());
            }
        }
        let listing = Listing::ask(client, checked).await?;
        let mut listings = lock(&self.listings);
        listings.truncate(LISTINGS - 1);
        listings.push_front((key, Instant::now(), listing.clone()));
        Ok(listing)
    }

    /// What happens to the labels of a selection, with the pseudonyms of its last preview.
    pub(super) fn preview(
        &self,
        exporter: &Exporter,
        checked: &Checked,
        listing: &Listing,
    ) -> Result<Preview, Problem> {
        let failed = |text: String| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, text).code("no_pseudonyms")
        };
        let map = match self.map(checked) {
            Some(map) => map,
            None => exporter.options.pseudonyms.new_map().map_err(failed)?.0,
        };
        let targets = &listing.target_labels;
        let preview = gather::preview::preview(&listing.series, targets, &checked.rules, map)
            .map_err(|error| failed(one_line(&error)))?;
        if let Some(map) = copy(preview.rewriter.map()) {
            let key = rules_key(checked);
            let mut maps = lock(&self.maps);
            maps.retain(|(known, _)| *known != key);
            maps.truncate(MAPS - 1);
            maps.push_front((key, map));
        }
        Ok(preview)
    }

    /// The map of the last preview of just this export.
    pub(in crate::exporter) fn map(&self, checked: &Checked) -> Option<Map> {
        if checked.rules.is_off() {
            return None;
        }
        let key = rules_key(checked);
        let maps = lock(&self.maps);
        let (_, map) = maps.iter().find(|(known, _)| *known == key)?;
        copy(map)
    }
}

/// Maps are meant to be moved; their JSON form is complete.
fn copy(map: &Map) -> Option<Map> {
    Map::from_json(map.to_json().expose_secret()).ok()
}

fn selection_key(checked: &Checked) -> Key {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    };
    let connection = &checked.config.connection;
    for text in [
        &connection.url,
        &connection.api_base_path,
        &connection.full_api_url,
        &connection.tenant_id,
    ] {
        add(text);
    }
    let secret = |secret: &Option<SecretString>| match secret {
        Some(secret) => secret.expose_secret().to_owned(),
        None => String::new(),
    };
    match &connection.auth {
        Auth::None => add("none"),
        Auth::Basic { username, password } => {
            add(username);
            add(&secret(password));
        }
        Auth::Bearer { token } => add(&secret(token)),
        Auth::Header { name, value } => {
            add(name);
            add(&secret(value));
        }
    }
    add(&format!(
        "{} {} {:?} {:?} {:?}",
        connection.is_multitenant,
        connection.skip_tls_verify,
        checked.range,
        checked.selection,
        (&checked.components, checked.rules.is_off())
    ));
    hash.finalize().into()
}

fn rules_key(checked: &Checked) -> Key {
    let mut hash = Sha256::new();
    hash.update(selection_key(checked));
    hash.update(format!("{:?}", checked.rules));
    hash.finalize().into()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
