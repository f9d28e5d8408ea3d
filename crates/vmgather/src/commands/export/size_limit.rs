//! `--max-bytes`: no export that is likely to be too large.

use gather::ExportRequest;
use gather::discover::estimate;
use indicatif::HumanBytes;

use super::components::{client, failed};
use crate::cli::Size;
use crate::failure::Failure;

/// Refuses an export whose bundle is likely to be larger than `limit`, or may have any size.
pub(super) async fn check(request: &ExportRequest, limit: Size) -> Result<(), Failure> {
    let limit = limit.bytes();
    let client = client(request)?;
    let estimate = estimate(&client, &request.selection, request.range)
        .await
        .map_err(|error| failed(&error))?;
    match estimate.bundle_bytes_of(request.format) {
        Some(bytes) if bytes <= limit => Ok(()),
        Some(bytes) => Err(Failure::failed(format!(
            "the bundle would have about {}, more than the {} of `--max-bytes`",
            HumanBytes(bytes),
            HumanBytes(limit)
        ))
        .hint(
            "choose fewer jobs or a shorter range, `--format native`, or thin the samples with \
             `--thin`",
        )),
        None => Err(Failure::failed(
            "the size of the bundle cannot be estimated for `--max-bytes`",
        )
        .hint("leave out `--max-bytes`, or choose by jobs or a selector")),
    }
}
