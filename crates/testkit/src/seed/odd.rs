use std::fmt::Write as _;

/// JSON lines of series that break careless tools, with about 12,000 samples from `start_ms` on.
///
/// Odd label values and names (quotes, backslashes, control characters, markup, other scripts, very long, no label at all),
/// very large, very small and negative numbers, numbers with many digits, irregular and unsorted times, exact
/// copies and different values at one time, counters that fall, a single sample, and more samples than a block holds.
/// Numbers of very different size stand in series of their own: a block has one scale for all its values.
pub fn odd_series(start_ms: i64) -> Vec<u8> {
    let mut lines = Lines {
        text: String::new(),
        start_ms,
    };
    for (index, value) in LABEL_VALUES.iter().enumerate() {
        let label = serde_json::to_string(value).expect("text");
        lines.add(
            &format!(r#""__name__":"odd_label_value","case":"{index}","value":{label}"#),
            &["1", "2"],
            15_000,
        );
    }
    let long = "x".repeat(1000);
    lines.add(
        &format!(r#""__name__":"odd_label_value","case":"long","value":"{long}""#),
        &["1"],
        15_000,
    );
    lines.add(
        r#""__name__":"odd_label_names","a.b-c":"1","ключ":"2","with space":"3","q\"uote":"4""#,
        &["1"],
        15_000,
    );
    lines.add(
        r#""__name__":"odd:metric.name-with 中文""#,
        &["1", "2"],
        15_000,
    );
    lines.add(r#""__name__":"odd_no_labels""#, &["1", "2", "3"], 15_000);
    for (name, values) in VALUES {
        lines.add(&format!(r#""__name__":"{name}""#), values, 15_000);
    }
    lines.add(
        r#""__name__":"odd_each_millisecond""#,
        &["1", "2", "3", "4", "5"],
        1,
    );
    lines.add(
        r#""__name__":"odd_one_sample_a_day""#,
        &["1", "2", "3", "4"],
        86_400_000,
    );
    lines.add_at(
        r#""__name__":"odd_unsorted""#,
        &["1", "2", "3", "4"],
        &[45_000, 0, 30_000, 15_000],
    );
    lines.add_at(
        r#""__name__":"odd_irregular""#,
        &["1", "2", "3", "4"],
        &[0, 14_997, 30_011, 44_999],
    );
    lines.add_at(
        r#""__name__":"odd_exact_copies""#,
        &["1", "1", "2", "2", "2"],
        &[0, 0, 15_000, 15_000, 15_000],
    );
    lines.add_at(
        r#""__name__":"odd_two_values_at_once""#,
        &["1", "2", "3"],
        &[0, 15_000, 15_000],
    );
    // Around the edge of a minute, where windows meet.
    let to_minute = 60_000 - start_ms.rem_euclid(60_000);
    let times = [-1, 0, 1, 59_999, 60_000, 60_001].map(|offset| to_minute + offset);
    lines.add_at(
        r#""__name__":"odd_window_edges""#,
        &["1", "2", "3", "4", "5", "6"],
        &times,
    );
    let many: Vec<String> = (0..12_000)
        .map(|index| (index % 1000).to_string())
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    lines.add(r#""__name__":"odd_more_than_a_block""#, &many, 1_000);
    lines.text.into_bytes()
}

/// Infinities between numbers, and alone, as Prometheus text: 1.79 does not take them as JSON lines.
///
/// They come at the start of a line, where old exports spell them differently, and elsewhere.
pub fn infinities(start_ms: i64) -> Vec<u8> {
    let mut text = String::new();
    for (name, values) in [
        ("odd_infinities_between", ["1", "+Inf", "2", "-Inf", "3"]),
        ("odd_infinity_first", ["+Inf", "1", "2", "3", "4"]),
        (
            "odd_infinities_only",
            ["-Inf", "-Inf", "+Inf", "+Inf", "+Inf"],
        ),
    ] {
        for (index, value) in values.iter().enumerate() {
            let time = start_ms + index as i64 * 15_000;
            writeln!(text, "{name} {value} {time}").expect("strings take everything");
        }
    }
    text.into_bytes()
}

const LABEL_VALUES: [&str; 16] = [
    "quote \" inside",
    "back\\slash \\\\ \\n",
    "line\nbreak",
    "tab\tand\rreturn",
    "bell \u{7} backspace \u{8} form feed \u{c} unit \u{1f} delete \u{7f}",
    "<script>alert('x')</script> & more",
    "naïve 東京 Ελλάδα 😀",
    "right to left \u{202e}cba zero width \u{200b}joiner \u{200d}",
    " leading and trailing ",
    "{__name__=\"up\"}",
    "a,b=c;d|e",
    "10.20.30.40:8482",
    "[2001:db8::1]:8482",
    "https://user:secret@vm.example.internal:8427/select/0?x=1#f",
    "someone@example.internal",
    "%25%00%0a",
];

const VALUES: [(&str, &[&str]); 10] = [
    ("odd_huge", &["1e300", "1e308", "1.7976931348623157e308"]),
    ("odd_tiny", &["5e-324", "1e-300", "0"]),
    (
        "odd_large_integers",
        &[
            "9007199254740991",
            "9007199254740993",
            "1152921504606846976",
        ],
    ),
    (
        "odd_beyond_64_bits",
        &[
            "9223372036854775807",
            "9223372036854775808",
            "1180591620717411303424",
        ],
    ),
    ("odd_negative", &["-0", "-1", "-0.5", "-123456.789"]),
    (
        "odd_fractions",
        &[
            "0.1",
            "0.30000000000000004",
            "3.141592653589793",
            "769472732021750.25",
        ],
    ),
    (
        "odd_small_fractions",
        &["0.000001", "0.0000012345", "0.00025"],
    ),
    ("odd_counter_reset", &["100", "200", "300", "5", "10", "15"]),
    ("odd_single_sample", &["42"]),
    ("odd_constant_fraction", &["0.25", "0.25", "0.25", "0.25"]),
];

struct Lines {
    text: String,
    start_ms: i64,
}

impl Lines {
    fn add(&mut self, labels: &str, values: &[&str], step_ms: i64) {
        let offsets: Vec<i64> = (0..)
            .map(|index| index * step_ms)
            .take(values.len())
            .collect();
        self.add_at(labels, values, &offsets);
    }

    fn add_at(&mut self, labels: &str, values: &[&str], offsets_ms: &[i64]) {
        let times = offsets_ms
            .iter()
            .map(|offset| (self.start_ms + offset).to_string());
        let times = times.collect::<Vec<_>>().join(",");
        let values = values.join(",");
        writeln!(
            self.text,
            r#"{{"metric":{{{labels}}},"values":[{values}],"timestamps":[{times}]}}"#
        )
        .expect("strings take everything");
    }
}
