use std::sync::Arc;

use vmformat::number::write_decimal;

use super::answer::Answer;
use super::json::quote;
use crate::data::{Owner, View};
use crate::{Installation, Personality};

/// `/metrics` of the process that answers: the first one of its kind in the installation, with
/// the labels that it puts on its series itself.
pub(crate) fn metrics_page(personality: Personality, installation: &Arc<Installation>) -> Answer {
    let app = match personality {
        Personality::Single => "victoria-metrics-",
        Personality::Cluster => "vmselect-",
    };
    let view = View {
        installation: Arc::clone(installation),
        owner: Owner::Single,
        partial: false,
    };
    let answers = view.series().find(|series| {
        let version = series.label("version").unwrap_or_default();
        series.name() == "vm_app_version" && version.starts_with(app)
    });
    let mut out = String::new();
    let own = |instance: &str| {
        answers
            .as_ref()
            .is_some_and(|found| found.target.instance == instance)
    };
    for series in view.series() {
        if !own(&series.target.instance) || series.is_written_by_the_scraper() {
            continue;
        }
        let Some(last) = series.samples(i64::MIN, i64::MAX).next_back() else {
            continue;
        };
        out.push_str(series.name());
        for (at, (name, value)) in series.own_labels().iter().enumerate() {
            out.push_str(if at == 0 { "{" } else { "," });
            out.push_str(&format!("{name}="));
            quote(&mut out, value);
        }
        out.push_str(if series.own_labels().is_empty() {
            " "
        } else {
            "} "
        });
        let mut value = Vec::new();
        write_decimal(&mut value, last.mantissa, series.scale());
        out.push_str(&String::from_utf8_lossy(&value));
        out.push('\n');
    }
    Answer::plain(200, out)
}
