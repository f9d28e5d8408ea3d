//! Targets and settings of recent imports, without secrets.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use bundle::staging::create_private_folder;
use jiff::Timestamp;
use replay::Shift;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::ImportServer;
use super::config::ImportConfig;
use crate::reply::{Problem, Reply};

/// Profiles that are kept.
const MOST: usize = 10;

/// Largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// A target and the settings of an import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(super) struct Profile {
    /// Digest of everything but `last_used_at`.
    #[serde(default)]
    id: String,
    /// Without user info and query string.
    endpoint: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    tenant_id: String,
    /// `none`, `basic`, `bearer` or `header`.
    auth_type: String,
    /// Of `basic` only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    username: String,
    /// Of `header` only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    custom_header_name: String,
    #[serde(default, skip_serializing_if = "is_false")]
    skip_tls_verify: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    metric_step_seconds: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    batch_window_seconds: i64,
    drop_old: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    time_shift_ms: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    max_labels_override: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    drop_labels: Vec<String>,
    last_used_at: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Profile {
    fn of(config: &ImportConfig) -> Self {
        let reach = &config.reach;
        let mut profile = Self {
            id: String::new(),
            endpoint: reach
                .endpoint
                .split('?')
                .next()
                .unwrap_or_default()
                .to_owned(),
            tenant_id: reach.tenant_id.clone(),
            auth_type: reach.auth_type.clone(),
            username: reach.username.clone(),
            custom_header_name: reach.custom_header_name.clone(),
            skip_tls_verify: reach.skip_tls_verify,
            metric_step_seconds: config.metric_step_seconds,
            batch_window_seconds: config.batch_window_seconds,
            drop_old: !config.fit.keep_old,
            time_shift_ms: match config.fit.shift {
                Shift::By(by) => by,
                _ => 0,
            },
            max_labels_override: config.max_labels.unwrap_or_default().into(),
            drop_labels: config.fit.drop_labels.clone(),
            last_used_at: String::new(),
        };
        let text = serde_json::to_vec(&profile).unwrap_or_default();
        let digest = Sha256::digest(&text);
        profile.id = digest[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        profile.last_used_at = Timestamp::now().to_string();
        profile
    }
}

/// The file of profiles; nothing is kept without one.
#[derive(Clone)]
pub(super) struct Profiles(Arc<Mutex<Option<PathBuf>>>);

impl Profiles {
    pub(super) fn new(file: Option<PathBuf>) -> Self {
        Self(Arc::new(Mutex::new(file)))
    }

    /// Puts the settings of a config on top. A failure is no reason to fail anything else.
    pub(super) async fn remember(&self, config: &ImportConfig) {
        let profile = Profile::of(config);
        self.edit(move |profiles| {
            profiles.retain(|other| other.id != profile.id);
            profiles.insert(0, profile);
            profiles.truncate(MOST);
            true
        })
        .await;
    }

    async fn list(&self) -> Vec<Profile> {
        self.edit(|_| false).await
    }

    /// Changes the profiles, writes them if `edit` says so, and gives them back.
    async fn edit(
        &self,
        edit: impl FnOnce(&mut Vec<Profile>) -> bool + Send + 'static,
    ) -> Vec<Profile> {
        let file = self.0.clone();
        let edited = spawn_blocking(move || {
            // One at a time.
            let file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(file) = file.as_deref() else {
                return Vec::new();
            };
            let mut profiles = read(file);
            if edit(&mut profiles)
                && let Err(error) = write(file, &profiles)
            {
                tracing::warn!(file = %file.display(), %error, "cannot write recent profiles");
            }
            profiles
        });
        edited.await.unwrap_or_default()
    }
}

fn read(file: &Path) -> Vec<Profile> {
    let text = || -> io::Result<String> {
        let mut text = String::new();
        io::Read::read_to_string(
            &mut io::Read::take(std::fs::File::open(file)?, MAX_FILE_BYTES),
            &mut text,
        )?;
        Ok(text)
    };
    let read = match text() {
        Ok(text) => serde_json::from_str(&text).map_err(io::Error::from),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => Err(error),
    };
    read.unwrap_or_else(|error| {
        tracing::warn!(file = %file.display(), %error, "cannot read recent profiles");
        Vec::new()
    })
}

/// The file is replaced as a whole, and is for its owner only.
fn write(file: &Path, profiles: &[Profile]) -> io::Result<()> {
    use std::io::Write as _;
    let folder = file.parent().unwrap_or(Path::new("."));
    create_private_folder(folder)?;
    let mut pending = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut pending, profiles)?;
    pending.flush()?;
    pending.as_file().sync_all()?;
    pending.persist(file)?;
    Ok(())
}

/// Recent targets and settings, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct RecentProfiles {
    profiles: Vec<Profile>,
}

/// A profile was forgotten.
#[derive(Serialize, ToSchema)]
pub(super) struct Forgotten {
    forgotten: bool,
    id: String,
}

/// Recent targets and settings. They hold no secret.
#[utoipa::path(get, path = "/api/profiles/recent", responses((status = 200, body = RecentProfiles)))]
pub(super) async fn recent(State(importer): State<ImportServer>) -> Reply<RecentProfiles> {
    Reply(RecentProfiles {
        profiles: importer.profiles.list().await,
    })
}

/// Forgets a target and its settings.
#[utoipa::path(
    delete, path = "/api/profiles/recent/{id}",
    params(("id" = String, Path, description = "The profile.")),
    responses(
        (status = 200, body = Forgotten),
        (status = 404, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn forget(
    State(importer): State<ImportServer>,
    UrlPath(id): UrlPath<String>,
) -> Result<Reply<Forgotten>, Problem> {
    let (told, heard) = tokio::sync::oneshot::channel();
    let wanted = id.clone();
    importer
        .profiles
        .edit(move |profiles| {
            let before = profiles.len();
            profiles.retain(|profile| profile.id != wanted);
            let is_gone = profiles.len() < before;
            let _ = told.send(is_gone);
            is_gone
        })
        .await;
    // Without a file nobody tells.
    if !heard.await.unwrap_or(false) {
        return Err(
            Problem::new(StatusCode::NOT_FOUND, "there is no such profile").code("unknown_profile"),
        );
    }
    Ok(Reply(Forgotten {
        forgotten: true,
        id,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(extra: &str) -> ImportConfig {
        let text = format!(
            r#"{{"endpoint":"http://ann:hunter2@vm/x?key=hunter3","password":"hunter4"{extra}}}"#
        );
        ImportConfig::parse(text.as_bytes()).unwrap()
    }

    #[tokio::test]
    async fn the_last_ten_are_kept_and_the_same_settings_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cache/recent_profiles.json");
        let profiles = Profiles::new(Some(file.clone()));
        for shift in 1..=12 {
            let extra = format!(r#","time_shift_ms":{shift}"#);
            profiles.remember(&config(&extra)).await;
        }
        profiles.remember(&config(r#","time_shift_ms":5"#)).await;
        let kept = profiles.list().await;
        let shifts: Vec<_> = kept.iter().map(|profile| profile.time_shift_ms).collect();
        assert_eq!(shifts, [5, 12, 11, 10, 9, 8, 7, 6, 4, 3]);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains("hunter"), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_is_an_empty_list() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("p.json");
        std::fs::write(&file, "{ half").unwrap();
        let profiles = Profiles::new(Some(file));
        assert!(profiles.list().await.is_empty());
        profiles.remember(&config("")).await;
        assert_eq!(profiles.list().await.len(), 1);
    }
}
