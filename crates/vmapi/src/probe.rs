//! Finds out which exports a server, or the gateway before it, offers.

use std::time::{SystemTime, UNIX_EPOCH};

use vmformat::native::StreamHeader;

use crate::client::Client;
use crate::error::Error;
use crate::export::{ExportFormat, ExportParams, ExportRoute};
use crate::masked_url::MaskedUrl;
use crate::selector::Selector;

/// A name that no series has.
const NO_SUCH_METRIC: &str = "vmgather_probe_that_matches_nothing";

const HEADER_BYTES: usize = StreamHeader::BYTES;

/// Whether a server offers an export, and on which path.
#[derive(Debug)]
pub enum ExportSupport {
    /// It does; exports go along this route.
    Routed(ExportRoute),
    /// Queries work, but this export does not exist here; the error says how that was told.
    NotRouted(Error),
}

impl Client {
    /// Asks for a native export that matches nothing, and checks that the server understands the
    /// range to the millisecond.
    ///
    /// `start_ms` and `end_ms` are both included. Servers before v1.141.0 cut an end that lies more
    /// than two days ahead; that is accepted, because they do not store such samples.
    ///
    /// # Errors
    ///
    /// Everything but a missing route, which is one only if an instant query on the same base
    /// works; else the error of that query. [`Error::TimeRange`] if the server understood other
    /// times.
    pub async fn probe_native(&self, start_ms: i64, end_ms: i64) -> Result<ExportSupport, Error> {
        self.probe(ExportFormat::Native, start_ms, end_ms).await
    }

    /// Asks for an export as JSON lines that matches nothing.
    ///
    /// # Errors
    ///
    /// As for [`Client::probe_native`], without the check of the range.
    pub async fn probe_json_lines(
        &self,
        start_ms: i64,
        end_ms: i64,
    ) -> Result<ExportSupport, Error> {
        self.probe(ExportFormat::JsonLines, start_ms, end_ms).await
    }

    async fn probe(
        &self,
        format: ExportFormat,
        start_ms: i64,
        end_ms: i64,
    ) -> Result<ExportSupport, Error> {
        let mut params = ExportParams {
            matches: vec![Selector::equal("__name__", NO_SUCH_METRIC)],
            start_ms,
            end_ms,
            max_rows_per_line: None,
            route: ExportRoute::WithoutRw,
        };
        let mut routes = vec![ExportRoute::WithoutRw];
        if self.endpoint().export_path().is_some() {
            routes.push(ExportRoute::AsGiven);
        }
        let mut refusal = None;
        for route in routes {
            params.route = route;
            match self.probe_once(format, &params).await {
                Ok(()) => return Ok(ExportSupport::Routed(route)),
                Err(error) if error.is_not_routed() => refusal = refusal.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        // A wrong base path looks the same; only a working query tells the two apart.
        self.query("1", end_ms).await?;
        let refusal = refusal.expect("every route was refused, and there is at least one");
        Ok(ExportSupport::NotRouted(refusal))
    }

    async fn probe_once(&self, format: ExportFormat, params: &ExportParams) -> Result<(), Error> {
        let body = self.export(format, params).await?.0;
        let url = body.url().clone();
        let reply = body.whole(64 * 1024).await?;
        match format {
            ExportFormat::Native => check_header(&url, &reply, params, now_ms()),
            ExportFormat::JsonLines if reply.trim_ascii().is_empty() => Ok(()),
            ExportFormat::JsonLines => Err(Error::Unexpected {
                url,
                problem: "lines for a metric that does not exist".to_owned(),
            }),
        }
    }
}

fn check_header(
    url: &MaskedUrl,
    reply: &[u8],
    params: &ExportParams,
    now_ms: i64,
) -> Result<(), Error> {
    let unexpected = || Error::Unexpected {
        url: url.clone(),
        problem: format!(
            "{} bytes in place of the {HEADER_BYTES} of an empty native export",
            reply.len()
        ),
    };
    let header: [u8; HEADER_BYTES] = reply.try_into().map_err(|_| unexpected())?;
    let header = StreamHeader::parse(header);
    let understood = (header.start_ms, header.end_ms);
    let asked = (params.start_ms, params.end_ms);
    // A day less than the two that servers allow, because clocks differ.
    let keeps_all = understood.1 < asked.1 && understood.1 > now_ms.saturating_add(86_400_000);
    if understood.0 == asked.0 && (understood.1 == asked.1 || keeps_all) {
        return Ok(());
    }
    Err(Error::TimeRange {
        url: url.clone(),
        asked,
        understood,
    })
}

fn now_ms() -> i64 {
    // A clock before 1970 makes the check stricter, nothing else.
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;
    const NOW: i64 = 1_700_000_000_000;

    fn check(asked: (i64, i64), understood: (i64, i64)) -> Result<(), Error> {
        let params = ExportParams {
            matches: Vec::new(),
            start_ms: asked.0,
            end_ms: asked.1,
            max_rows_per_line: None,
            route: ExportRoute::default(),
        };
        let mut header = Vec::new();
        StreamHeader {
            start_ms: understood.0,
            end_ms: understood.1,
        }
        .write(&mut header);
        let url = url::Url::parse("http://vm/").unwrap().into();
        check_header(&url, &header, &params, NOW)
    }

    #[test]
    fn one_millisecond_off_is_an_error() {
        let asked = (NOW - 5, NOW);
        assert!(check(asked, asked).is_ok());
        for understood in [
            (NOW - 4, NOW),
            (NOW - 6, NOW),
            (NOW - 5, NOW - 1),
            (NOW - 5, NOW + 1),
        ] {
            let result = check(asked, understood);
            assert!(
                matches!(result, Err(Error::TimeRange { .. })),
                "{understood:?}"
            );
        }
    }

    #[test]
    fn an_end_far_ahead_may_be_cut_to_two_days() {
        let asked = (NOW, NOW + 9 * DAY);
        assert!(check(asked, (NOW, NOW + 2 * DAY - 1_000)).is_ok());
        assert!(check(asked, (NOW, NOW + DAY)).is_err());
        assert!(check(asked, (NOW, NOW + 10 * DAY)).is_err());
    }

    #[test]
    fn anything_but_a_header_is_unexpected() {
        let params = ExportParams {
            matches: Vec::new(),
            start_ms: 0,
            end_ms: 0,
            max_rows_per_line: None,
            route: ExportRoute::default(),
        };
        let url = url::Url::parse("http://vm/").unwrap().into();
        for length in [0, 15, 17] {
            let result = check_header(&url, &vec![0; length], &params, NOW);
            assert!(matches!(result, Err(Error::Unexpected { .. })), "{length}");
        }
    }
}
