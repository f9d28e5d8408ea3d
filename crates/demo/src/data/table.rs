//! Reads the tables of metrics: one text file per component, one line per metric.
//!
//! ```text
//! counter 1200/min      vm_rows_inserted_total{type="promremotewrite"}
//! gauge 10.5..20        process_resident_memory_bytes
//! const 4               go_gomaxprocs
//! histogram 1200/min    vm_request_duration_seconds{path="/api/v1/query"}
//! buckets 1200/min      go_gc_pauses_seconds
//! summary 1200/min      vm_http_request_duration_seconds
//! exposed               scrape_samples_scraped
//! flag set retentionPeriod 6
//! ```
//!
//! The digits after the decimal point set the scale of the stored values. `histogram` makes
//! `vmrange` buckets, `buckets` makes `le` buckets; both also make `_sum` and `_count`.

use super::shape::Shape;

/// One series of every target of a component.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
    /// Values are mantissas times ten to this power.
    pub(crate) scale: i16,
    pub(crate) shape: Shape,
}

/// `vmrange` buckets of a request duration in seconds, with their share of all requests in
/// hundredths.
const RANGES: [(&str, i64); 6] = [
    ("6.813e-04...7.743e-04", 20),
    ("7.743e-04...8.799e-04", 35),
    ("1.000e-03...1.136e-03", 25),
    ("5.995e-03...6.813e-03", 12),
    ("4.642e-02...5.275e-02", 7),
    ("1.000e+00...1.136e+00", 1),
];

/// Upper ends of `le` buckets in seconds, with the share at or below them in hundredths.
const BOUNDS: [(&str, i64); 6] = [
    ("0.001", 20),
    ("0.005", 60),
    ("0.01", 80),
    ("0.1", 97),
    ("1", 99),
    ("+Inf", 100),
];

const QUANTILES: [(&str, i64, i64); 5] = [
    ("0.5", 8, 12),
    ("0.9", 15, 40),
    ("0.97", 40, 90),
    ("0.99", 90, 400),
    ("1", 400, 2_100),
];

/// Reads a whole table; `None` if some line cannot be read.
pub(crate) fn parse(text: &str) -> Option<Vec<Template>> {
    let mut templates = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            parse_line(line, &mut templates)?;
        }
    }
    Some(templates)
}

fn parse_line(line: &str, out: &mut Vec<Template>) -> Option<()> {
    let (kind, rest) = split_word(line)?;
    if kind == "flag" {
        out.push(flag(rest)?);
        return Some(());
    }
    let (argument, rest) = match kind {
        "counter" | "gauge" | "const" | "scrape" | "histogram" | "buckets" | "summary" => {
            split_word(rest)?
        }
        _ => ("", rest),
    };
    let (name, labels) = parse_series(rest)?;
    let (scale, shape) = match kind {
        "up" => (0, Shape::Up),
        "exposed" => (0, Shape::Exposed),
        "start-time" => (0, Shape::StartTime),
        "uptime" => (0, Shape::Uptime),
        "ratio" => (-3, Shape::Ratio),
        "const" => {
            let (value, scale) = decimal(argument)?;
            (scale, Shape::Constant(value))
        }
        "gauge" | "scrape" => {
            let (low, high) = argument.split_once("..")?;
            let (low, high, scale) = same_scale(decimal(low)?, decimal(high)?);
            match kind {
                "gauge" => (scale, Shape::Gauge { low, high }),
                _ => (scale, Shape::Scrape { low, high }),
            }
        }
        _ => {
            let (per_minute, scale) = decimal(argument.strip_suffix("/min")?)?;
            match kind {
                "counter" => (scale, Shape::Counter { per_minute }),
                "histogram" => {
                    distribution(&name, &labels, "vmrange", &RANGES, per_minute, out);
                    return Some(());
                }
                "buckets" => {
                    distribution(&name, &labels, "le", &BOUNDS, per_minute, out);
                    return Some(());
                }
                "summary" => {
                    summary(&name, &labels, per_minute, out);
                    return Some(());
                }
                _ => return None,
            }
        }
    };
    out.push(Template {
        name,
        labels,
        scale,
        shape,
    });
    Some(())
}

/// Buckets, sum and count of a histogram that sees `per_minute` values.
fn distribution(
    name: &str,
    labels: &[(String, String)],
    bucket_label: &str,
    buckets: &[(&str, i64)],
    per_minute: i64,
    out: &mut Vec<Template>,
) {
    for (bucket, share) in buckets {
        let mut labels = labels.to_vec();
        labels.push((bucket_label.to_owned(), (*bucket).to_owned()));
        out.push(Template {
            name: format!("{name}_bucket"),
            labels,
            scale: 0,
            shape: Shape::Counter {
                per_minute: per_minute * share / 100,
            },
        });
    }
    sum_and_count(name, labels, per_minute, out);
}

fn summary(name: &str, labels: &[(String, String)], per_minute: i64, out: &mut Vec<Template>) {
    for (quantile, low, high) in QUANTILES {
        let mut labels = labels.to_vec();
        labels.push(("quantile".to_owned(), quantile.to_owned()));
        out.push(Template {
            name: name.to_owned(),
            labels,
            scale: -4,
            shape: Shape::Gauge { low, high },
        });
    }
    sum_and_count(name, labels, per_minute, out);
}

fn sum_and_count(
    name: &str,
    labels: &[(String, String)],
    per_minute: i64,
    out: &mut Vec<Template>,
) {
    // Seconds with microseconds; a request takes 4.321 ms on average.
    for (suffix, scale, factor) in [("_sum", -6, 4_321), ("_count", 0, 1)] {
        out.push(Template {
            name: format!("{name}{suffix}"),
            labels: labels.to_vec(),
            scale,
            shape: Shape::Counter {
                per_minute: per_minute * factor,
            },
        });
    }
}

/// `set NAME VALUE` or `default NAME VALUE`; the value may be missing and may hold spaces.
fn flag(text: &str) -> Option<Template> {
    let (how, rest) = split_word(text)?;
    let (name, value) = split_word(rest).unwrap_or((rest, ""));
    let is_set = match how {
        "set" => "true",
        "default" => "false",
        _ => return None,
    };
    let mut labels = vec![("name".to_owned(), name.to_owned())];
    if !value.is_empty() {
        labels.push(("value".to_owned(), value.to_owned()));
    }
    labels.push(("is_set".to_owned(), is_set.to_owned()));
    Some(Template {
        name: "flag".to_owned(),
        labels,
        scale: 0,
        shape: Shape::Constant(1),
    })
}

/// `name{label="value",label="value"}`; values hold neither quotes nor backslashes.
fn parse_series(text: &str) -> Option<(String, Vec<(String, String)>)> {
    let Some((name, rest)) = text.split_once('{') else {
        return Some((text.to_owned(), Vec::new()));
    };
    let mut rest = rest.strip_suffix('}')?;
    let mut labels = Vec::new();
    while !rest.is_empty() {
        let (label, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        labels.push((label.to_owned(), value.to_owned()));
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    Some((name.to_owned(), labels))
}

/// `12.50` is 1250 at scale -2.
fn decimal(text: &str) -> Option<(i64, i16)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mantissa = format!("{whole}{fraction}").parse().ok()?;
    Some((mantissa, -i16::try_from(fraction.len()).ok()?))
}

fn same_scale(low: (i64, i16), high: (i64, i16)) -> (i64, i64, i16) {
    let scale = low.1.min(high.1);
    let at = |(mantissa, own): (i64, i16)| mantissa * 10i64.pow(own.abs_diff(scale).into());
    (at(low), at(high), scale)
}

fn split_word(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once(char::is_whitespace)?;
    Some((word, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_set_the_scale() {
        let all = parse("gauge 0.25..10 a\ncounter 1.5/min b{x=\"y\",z=\"w\"}").unwrap();
        assert_eq!(
            (all[0].scale, all[0].shape),
            (
                -2,
                Shape::Gauge {
                    low: 25,
                    high: 1000
                }
            )
        );
        assert_eq!(
            (all[1].scale, all[1].shape),
            (-1, Shape::Counter { per_minute: 15 })
        );
        assert_eq!(
            all[1].labels,
            [("x".into(), "y".into()), ("z".into(), "w".into())]
        );
    }

    #[test]
    fn histograms_bring_buckets_sum_and_count() {
        let all = parse("histogram 100/min h{path=\"/\"}\nbuckets 100/min g").unwrap();
        let names: Vec<_> = all.iter().map(|t| t.name.as_str()).collect();
        assert_eq!(names.iter().filter(|n| **n == "h_bucket").count(), 6);
        assert!(names.contains(&"h_sum") && names.contains(&"g_count"));
        assert_eq!(all[0].labels[1].0, "vmrange");
    }

    #[test]
    fn a_flag_without_value_has_no_value_label() {
        let all = parse("flag default httpAuth.password\nflag set rule /etc/a b.yml").unwrap();
        assert_eq!(all[0].labels.len(), 2);
        assert_eq!(all[1].labels[1].1, "/etc/a b.yml");
    }

    #[test]
    fn unknown_lines_are_refused() {
        assert!(parse("sometimes 1 a").is_none());
        assert!(parse("gauge 1 a").is_none());
    }
}
