use super::digits::{
    ASCII_ZEROS, Collector, TEN_8, TEN_16, eight_digits, leading_zeros, put_eight, put_integer,
    put_word,
};

/// Appends `timestamps` in decimal, separated by commas, without brackets.
///
/// The digits above 10^8 ms (28 hours) are rarely computed twice: neighbours share them.
pub fn write_timestamps(out: &mut Vec<u8>, timestamps: &[i64]) {
    if timestamps.is_empty() {
        return;
    }
    out.reserve(timestamps.len() * "1700000000000,".len());
    let mut text = Collector::new(out);
    let (mut head, mut head_text, mut head_len) = (0, 0, 0);
    for &timestamp in timestamps {
        if (TEN_8 as i64..TEN_16 as i64).contains(&timestamp) {
            let timestamp = timestamp as u64;
            if timestamp / TEN_8 != head {
                head = timestamp / TEN_8;
                let digits = eight_digits(head as u32);
                let skipped = leading_zeros(digits);
                head_text = (digits | ASCII_ZEROS) >> (8 * skipped);
                head_len = 8 - skipped as usize;
            }
            text.push(|slot| {
                put_word(slot, 0, head_text);
                Some(put_eight(slot, head_len, (timestamp % TEN_8) as u32))
            });
        } else {
            text.push(|slot| Some(put_integer(slot, timestamp)));
        }
    }
    text.finish();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(timestamps: &[i64]) {
        let mut out = b"[".to_vec();
        write_timestamps(&mut out, timestamps);
        let expected: Vec<String> = timestamps.iter().map(i64::to_string).collect();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            format!("[{}", expected.join(","))
        );
    }

    #[test]
    fn nothing_gives_nothing() {
        check(&[]);
    }

    #[test]
    fn a_column_of_samples_is_joined_by_commas() {
        let column: Vec<i64> = (0..8192).map(|i| 1_700_000_000_000 + i * 15_000).collect();
        check(&column);
    }

    proptest! {
        #[test]
        fn any_integers_are_written_as_the_standard_library_does(
            timestamps in prop::collection::vec(
                prop_oneof![
                    any::<i64>(),
                    (0u32..63).prop_map(|shift| 1i64 << shift),
                    1_699_999_990_000i64..1_700_000_010_000,
                ],
                0..300,
            )
        ) {
            check(&timestamps);
        }
    }
}
