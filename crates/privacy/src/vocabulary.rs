//! What every installation of VictoriaMetrics says, so that it identifies none.
//!
//! The lists beside this file hold one entry a line, sorted. Whole entries come from the programs themselves: names of
//! their metrics, flags and labels, values that are constants in them. `words.txt` is shorter and chosen one by one,
//! because its words are accepted in any combination: none of them is likely to be somebody's name. That is why `total`,
//! `target` and `free`, which are companies too, are words in metric names only.

mod quantity;
mod version;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use quantity::{is_float, is_quantity, is_small_integer};
pub(crate) use version::is_version;

const EXTENSIONS: &str = include_str!("vocabulary/extensions.txt");
const FLAGS: &str = include_str!("vocabulary/flags.txt");
const HOSTS: &str = include_str!("vocabulary/hosts.txt");
const LABELS: &str = include_str!("vocabulary/labels.txt");
const METRICS: &str = include_str!("vocabulary/metrics.txt");
const VALUES: &str = include_str!("vocabulary/values.txt");
const WORDS: &str = include_str!("vocabulary/words.txt");

/// What metric names of the programs, the Go runtime and scrapers begin with.
const NAMESPACES: [&str; 22] = [
    "go_",
    "net_",
    "process_",
    "promhttp_",
    "promscrape_",
    "scrape_",
    "vl_",
    "vlagent_",
    "vlinsert_",
    "vlselect_",
    "vlstorage_",
    "vm_",
    "vmagent_",
    "vmalert_",
    "vmanomaly_",
    "vmauth_",
    "vmbackup_",
    "vmgateway_",
    "vminsert_",
    "vmselect_",
    "vmstorage_",
    "vt_",
];

/// What histograms and summaries append to their name.
const SUFFIXES: [&str; 3] = ["_bucket", "_count", "_sum"];

/// The repositories that the programs name as the source of a log message.
const SOURCES: [&str; 6] = [
    "VictoriaMetrics/app/",
    "VictoriaMetrics/lib/",
    "VictoriaLogs/app/",
    "VictoriaLogs/lib/",
    "VictoriaTraces/app/",
    "VictoriaTraces/lib/",
];

/// One IPv4 address, in whatever notation, has this many numbers.
const NUMBERS_OF_AN_ADDRESS: usize = 4;

type Entries = HashSet<Cow<'static, str>>;

/// Every entry of every list, in lower case.
static ENTRIES: LazyLock<Entries> = LazyLock::new(|| {
    let lists = [FLAGS, HOSTS, LABELS, METRICS, VALUES, WORDS];
    lists.into_iter().flat_map(str::lines).map(lower).collect()
});

/// The words, and the parts of flags and values that are several words in one, like `storageNode`; in lower case.
static ANYWHERE: LazyLock<Entries> = LazyLock::new(|| {
    let compounds = [FLAGS, VALUES].into_iter().flat_map(str::lines);
    let compounds = compounds.flat_map(tokens).filter(|part| is_compound(part));
    WORDS.lines().chain(compounds).map(lower).collect()
});

/// The parts of metric names, in lower case.
static IN_METRICS: LazyLock<Entries> = LazyLock::new(|| {
    METRICS
        .lines()
        .flat_map(|name| name.split('_'))
        .chain(WORDS.lines())
        .map(lower)
        .collect()
});

static METRIC_NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| METRICS.lines().collect());
static LABEL_NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| LABELS.lines().collect());

/// True if the whole text is an entry of the vocabulary, whatever the case, or names a line in a public source file.
pub fn is_public(text: &str) -> bool {
    ENTRIES.contains(&*lower(text)) || is_source_location(text)
}

/// Public hosts, which may be named in URLs.
pub(crate) fn public_hosts() -> impl Iterator<Item = &'static str> {
    HOSTS.lines()
}

/// Domains of projects; names of features and resources end in them.
const PUBLIC_DOMAINS: [&str; 6] = [
    ".k8s.io",
    ".kubernetes.io",
    ".opentelemetry.io",
    ".prometheus.io",
    ".victoriametrics.com",
    ".coreos.com",
];

/// True for a name in the domain of a public project, such as `node.kubernetes.io`.
pub(crate) fn is_in_public_domain(name: &str) -> bool {
    let name = lower(name);
    PUBLIC_DOMAINS
        .into_iter()
        .filter_map(|domain| name.strip_suffix(domain))
        .any(words_are_public)
}

/// The names of public hosts and projects in a text.
pub fn public_names(text: &str) -> impl Iterator<Item = &str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    text.split(move |c| !is_name(c))
        .map(|name| name.trim_matches(['.', '-', '_']))
        .filter(|name| name.contains('.') && (is_public_host(name) || is_in_public_domain(name)))
}

/// True for a host that everybody knows, whatever the case.
pub(crate) fn is_public_host(host: &str) -> bool {
    let host = lower(host);
    HOSTS.lines().any(|public| public == host)
}

/// True for one word that identifies nobody wherever it stands, whatever the case.
pub(crate) fn is_public_word(word: &str) -> bool {
    ANYWHERE.contains(&*lower(word))
}

/// True if every part of the text between signs is a public word, a small number, a quantity, a version, or a whole
/// flag, metric or host.
///
/// True as well for a text without letters and digits. Never true for a text with an address in it: four numbers that
/// `.`, `:`, `-` or `_` join, or a number beside `::`. Meaningless for what is secret whatever it says, as a password.
pub(crate) fn words_are_public(text: &str) -> bool {
    !has_address_shape(text)
        && ranges(text)
            .flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && !".-+_".contains(c)))
            .all(chunk_is_public)
}

/// True for a metric name of the programs, the Go runtime or a scraper; the name of a histogram counts with its suffix.
pub fn is_public_metric(name: &str) -> bool {
    let family = SUFFIXES
        .into_iter()
        .find_map(|suffix| name.strip_suffix(suffix));
    if METRIC_NAMES.contains(name) || family.is_some_and(|name| METRIC_NAMES.contains(name)) {
        return true;
    }
    let Some(rest) = NAMESPACES
        .into_iter()
        .find_map(|space| name.strip_prefix(space))
    else {
        return false;
    };
    rest.split('_')
        .all(|part| IN_METRICS.contains(part) || is_small_integer(part))
}

/// True for a label name that the programs, scrapers or Kubernetes use.
pub fn is_public_label(name: &str) -> bool {
    LABEL_NAMES.contains(name)
}

/// True for the extension of a file, without the dot. None is a top-level domain.
pub(crate) fn is_file_extension(text: &str) -> bool {
    let text = lower(text);
    EXTENSIONS.lines().any(|extension| extension == text)
}

fn chunk_is_public(chunk: &str) -> bool {
    let has_letters = chunk.contains(char::is_alphabetic);
    let is_compound_entry = chunk.contains(['.', '_']) && is_public(chunk);
    if is_compound_entry || is_float(chunk) || has_letters && is_version(chunk) {
        return true;
    }
    let mut parts = tokens(chunk).peekable();
    while let Some(part) = parts.next() {
        let known = is_public_word(part)
            || is_small_integer(part)
            || is_quantity(part)
            || is_first_half_of_product(part, parts.peek().copied());
        if !known {
            return false;
        }
    }
    true
}

/// `victoria-metrics` is public, while a person or a place may be called Victoria.
fn is_first_half_of_product(part: &str, next: Option<&str>) -> bool {
    let products = ["metrics", "logs", "traces"];
    part.eq_ignore_ascii_case("victoria")
        && next.is_some_and(|next| products.into_iter().any(|p| next.eq_ignore_ascii_case(p)))
}

fn has_address_shape(text: &str) -> bool {
    let is_number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    for (at, _) in text.match_indices("::") {
        let before = text[..at].chars().next_back();
        let after = text[at + 2..].chars().next();
        if [before, after]
            .into_iter()
            .flatten()
            .any(|c| c.is_ascii_hexdigit())
        {
            return true;
        }
    }
    let not_joined = |c: char| !c.is_alphanumeric() && !".:-_".contains(c);
    ranges(text)
        .flat_map(|text| text.split(not_joined))
        .any(|joined| {
            let mut in_a_row = 0;
            tokens(joined).any(|part| {
                in_a_row = if is_number(part) { in_a_row + 1 } else { 0 };
                in_a_row == NUMBERS_OF_AN_ADDRESS
            })
        })
}

/// Both ends of a range as histograms write it: `1.000e-09...1.136e-09`.
fn ranges(text: &str) -> impl Iterator<Item = &str> {
    text.split("...")
}

fn is_source_location(text: &str) -> bool {
    let repository = SOURCES
        .into_iter()
        .find_map(|source| text.strip_prefix(source));
    // Own builds leave the repository out.
    let own = ["lib/", "app/"]
        .into_iter()
        .find_map(|source| text.strip_prefix(source));
    let Some(file) = repository.or(own) else {
        return false;
    };
    let Some((path, line)) = file.split_once(".go:") else {
        return false;
    };
    let is_path =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-/".contains(&byte);
    path.bytes().all(is_path) && is_small_integer(line)
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
}

fn is_compound(part: &str) -> bool {
    let bytes = part.as_bytes();
    bytes
        .windows(2)
        .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(texts: &str) -> impl Iterator<Item = &str> {
        texts.split_whitespace()
    }

    #[test]
    fn lists_are_sorted_and_without_empty_lines() {
        for list in [EXTENSIONS, FLAGS, HOSTS, LABELS, METRICS, VALUES, WORDS] {
            let lines: Vec<&str> = list.lines().collect();
            assert!(lines.is_sorted_by(|a, b| a < b), "{:?}", lines.first());
            assert!(!lines.contains(&""));
        }
    }

    #[test]
    fn entries_are_free_of_addresses_and_ports() {
        for entry in [FLAGS, HOSTS, LABELS, METRICS, VALUES, WORDS]
            .into_iter()
            .flat_map(str::lines)
        {
            assert!(!has_address_shape(entry), "{entry}");
            assert!(!entry.contains("127.0") && !entry.contains(":8"), "{entry}");
        }
    }

    #[test]
    fn words_are_single_and_in_lower_case() {
        for word in WORDS.lines() {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            assert!(word.bytes().all(plain), "{word}");
        }
    }

    #[test]
    fn what_the_programs_say_is_public() {
        for text in words(
            "remoteWrite.url storageNode storage/tsid /api/v1/write /insert/{}/prometheus/api/v1/write \
             secret TRUE INFO error vm_cache_entries docs.victoriametrics.com localhost victoria-metrics \
             least_loaded 1:secret-url kubernetes_sd_configs /functions/<func_name> \
             VictoriaMetrics/lib/httpserver/httpserver.go:148 VictoriaLogs/app/vlinsert/main.go:7 \
             search_v7",
        ) {
            assert!(is_public(text), "{text}");
        }
    }

    #[test]
    fn what_a_customer_says_is_not() {
        for text in words(
            "Acme billing-eu db7 corp acme.com prod-eu 10.1.2.3 /data/acme/vm Victoria hetzner \
             VictoriaMetrics/lib/acme.corp/x.go:1 Acme/lib/httpserver/httpserver.go:148 grafana-prod",
        ) {
            assert!(!is_public(text), "{text}");
            assert!(!words_are_public(text), "{text}");
        }
    }

    #[test]
    fn texts_of_public_words_numbers_and_quantities_are_public() {
        for text in words(
            "* :8400 vmstorage-0 monitoring kube-system /var/lib/victoria-metrics/data \
             /storage/persistent-queue 2:secret-url /insert/0/prometheus/api/v1/write 30d 1h30m 64MiB 0.6 \
             1e9 1e-09 1.000e-09...1.136e-09 +Inf 60% 720h0m0s 100µs 604800s true \
             vmagent:v1.112.0-enterprise-cluster storageNode search.maxUniqueTimeseries 0,0.5,0.99,1 \
             1.79.5 victoria-metrics-prod v1.2.3.4 victoriametrics/vmstorage:v1.150.0-cluster go1.22.3",
        ) {
            assert!(words_are_public(text), "{text}");
        }
    }

    #[test]
    fn one_foreign_word_or_an_address_is_enough() {
        for text in words(
            "vmstorage-acme-0 /data/acme/vm 10.1.2.3 10.1.2.3:8480 ip-10-1-2-3 10_1_2_3 ::1 fe80::1 \
             [2001::5]:8428 00:11:22:33:44:55 00:1d:2d:3d:4d:5d 12345 20250101 1_5F1B8C2D9A3E4071 prod-eu \
             node1 größe prod.例え 0a1b2c3d 1234567d 1d2d3d victoria-prod user@corp total target free \
             http://10.1.2.3:8480/insert/0/prometheus 550e8400-e29b-41d4-a716-446655440000",
        ) {
            assert!(!words_are_public(text), "{text}");
        }
    }

    #[test]
    fn an_empty_text_says_nothing() {
        assert!(words_are_public(""));
        assert!(!is_public("") && !is_public_word("") && !is_public_metric(""));
    }

    #[test]
    fn words_are_matched_whole_and_without_case() {
        for word in words("node Prometheus storageNode storagenode HTTP dataBlocks secret") {
            assert!(is_public_word(word), "{word}");
        }
        for word in words("nod nodes2 acme corp billing eu db7 storage-node hetzner datadog") {
            assert!(!is_public_word(word), "{word}");
        }
    }

    #[test]
    fn metrics_are_known_by_name_or_by_namespace_and_words() {
        for name in words(
            "up flag vm_rows vm_rows_per_insert_bucket vmagent_remotewrite_duration_seconds_sum go_info \
             process_cpu_seconds_total scrape_duration_seconds vm_storage_rows_pending \
             net_conntrack_dials_total go_gc_duration_seconds ALERTS vm_rpc_vmstorage_is_reachable",
        ) {
            assert!(is_public_metric(name), "{name}");
        }
        for name in words(
            "shop_orders_total vm_acme_rows vmacme_rows job:vm_slow_row_inserts:ratio_rate5m vm acme \
             vm_rows_acme_bucket go_billing vm_rows:acme VM_rows",
        ) {
            assert!(!is_public_metric(name), "{name}");
        }
    }

    #[test]
    fn labels_and_extensions_are_exact_lists() {
        assert!(
            ["le", "job", "vmrange", "GOOS", "__name__"]
                .into_iter()
                .all(is_public_label)
        );
        assert!(
            !["acme", "acme_team", "LE", ""]
                .into_iter()
                .any(is_public_label)
        );
        assert!(
            ["yml", "JSON", "go", "pem"]
                .into_iter()
                .all(is_file_extension)
        );
        // `sh`, `zip` and `md` are top-level domains.
        assert!(
            !["sh", "zip", "md", "com", "acme", ""]
                .into_iter()
                .any(is_file_extension)
        );
    }
}
