//! Variable-length integers: little endian groups of seven bits, the high bit set on all bytes but
//! the last. Signed ones are folded first, so that small magnitudes are short.

/// The longest encoding of 64 bits.
pub(super) const MAX_BYTES: usize = 10;

const CONTINUED: u64 = 0x8080_8080_8080_8080;

/// Folds a signed integer into an unsigned one: 0, -1, 1, -2 become 0, 1, 2, 3.
#[inline]
pub(super) fn zigzag(v: i64) -> u64 {
    ((v << 1) ^ (v >> 63)) as u64
}

/// Undoes [`zigzag`].
#[inline]
pub(super) fn unzigzag(u: u64) -> i64 {
    (u >> 1) as i64 ^ -((u & 1) as i64)
}

/// Reads one unsigned integer at the start of `data`; moves `data` behind it. `None` if it is cut
/// off or above 64 bits.
///
/// Over-long forms of small integers are accepted, as servers do.
#[inline]
pub(super) fn read_uvar(data: &mut &[u8]) -> Option<u64> {
    let (&first, rest) = data.split_first()?;
    if first < 0x80 {
        *data = rest;
        return Some(u64::from(first));
    }
    match data.first_chunk() {
        Some(chunk) => {
            let word = u64::from_le_bytes(*chunk);
            let ends = !word & CONTINUED;
            if ends == 0 {
                return read_long(data);
            }
            *data = &data[ends.trailing_zeros() as usize / 8 + 1..];
            Some(gather_groups(word & (ends ^ (ends - 1))))
        }
        None => read_long(data),
    }
}

/// Closes the gaps that the high bits leave between the groups of seven.
#[inline]
fn gather_groups(word: u64) -> u64 {
    let pairs = (word & 0x007f_007f_007f_007f) | (word & 0x7f00_7f00_7f00_7f00) >> 1;
    let fours = (pairs & 0x0000_3fff_0000_3fff) | (pairs & 0x3fff_0000_3fff_0000) >> 2;
    (fours & 0x0fff_ffff) | (fours & 0x0fff_ffff_0000_0000) >> 4
}

/// Byte by byte, for integers above 56 bits and at the end of the data.
fn read_long(data: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for (i, &byte) in data.iter().take(MAX_BYTES).enumerate() {
        if i == MAX_BYTES - 1 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            *data = &data[i + 1..];
            return Some(value);
        }
    }
    None
}

/// How many integers `data` is made of; `None` if the last is cut off or one is above 64 bits.
pub(super) fn count(data: &[u8]) -> Option<usize> {
    if data.last().is_some_and(|&last| last >= 0x80) {
        return None;
    }
    let (blocks, rest) = data.as_chunks();
    let mut last = [0; 64];
    last[..rest.len()].copy_from_slice(rest);
    let (mut count, mut long, mut before) = (0, 0, 0);
    for block in blocks.iter().chain([&last]) {
        let continued = continued_bits(block);
        count += continued.count_zeros() as usize;
        long |= long_runs(continued, before);
        before = continued;
    }
    // The padding was counted too.
    count -= last.len() - rest.len();
    if long == 0 {
        return Some(count);
    }
    count_long(data)
}

/// One bit for each byte, the first one lowest: set if its integer goes on behind it.
#[inline]
fn continued_bits(block: &[u8; 64]) -> u64 {
    // Bit 7 of byte `i` meets the power of two that takes it to bit `56 + i`; no sum carries.
    const TO_THE_TOP: u64 = 0x0002_0408_1020_4081;
    let (words, _) = block.as_chunks();
    words.iter().rev().fold(0, |bits, word| {
        let continued = u64::from_le_bytes(*word) & CONTINUED;
        bits << 8 | continued.wrapping_mul(TO_THE_TOP) >> 56
    })
}

/// Where nine bytes in a row are continued, so that a tenth decides whether 64 bits hold the integer.
/// `before` are the bits of the 64 bytes before.
#[inline]
fn long_runs(continued: u64, before: u64) -> u64 {
    let all = u128::from(continued) << 64 | u128::from(before);
    let two = all & all >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    let nine = eight & all >> 8;
    (nine >> 64) as u64 | nine as u64
}

/// Counts integer by integer.
fn count_long(mut data: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !data.is_empty() {
        read_uvar(&mut data)?;
        count += 1;
    }
    Some(count)
}

/// Reads one signed integer at the start of `data`; moves `data` behind it.
#[inline]
pub(super) fn read_svar(data: &mut &[u8]) -> Option<i64> {
    read_uvar(data).map(unzigzag)
}

/// Reads a length and that many bytes.
pub(super) fn read_bytes<'a>(data: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(read_uvar(data)?).ok()?;
    let (bytes, rest) = data.split_at_checked(length)?;
    *data = rest;
    Some(bytes)
}

/// Appends an unsigned integer.
#[inline]
pub(super) fn write_uvar(out: &mut Vec<u8>, mut u: u64) {
    while u >= 0x80 {
        out.push(u as u8 | 0x80);
        u >>= 7;
    }
    out.push(u as u8);
}

/// Appends a signed integer.
#[inline]
pub(super) fn write_svar(out: &mut Vec<u8>, v: i64) {
    write_uvar(out, zigzag(v));
}

/// Appends a length and the bytes.
pub(super) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_uvar(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(u: u64) {
        let mut bytes = Vec::new();
        write_uvar(&mut bytes, u);
        let length = bytes.len();
        for surplus in 0..9 {
            bytes.resize(length + surplus, 0xff);
            let mut data = &bytes[..];
            assert_eq!(read_uvar(&mut data), Some(u));
            assert_eq!(data.len(), surplus);
        }
        for cut in 0..length {
            assert_eq!(read_uvar(&mut &bytes[..cut]), None);
        }
    }

    #[test]
    fn borders_of_every_length_survive() {
        for shift in 0..64 {
            let border = 1u64 << shift;
            for u in [border - 1, border, border + 1] {
                check(u);
            }
        }
        check(u64::MAX);
    }

    #[test]
    fn lengths_grow_every_seven_bits() {
        for groups in 1..=9 {
            let mut bytes = Vec::new();
            write_uvar(&mut bytes, (1 << (7 * groups)) - 1);
            assert_eq!(bytes.len(), groups);
        }
    }

    #[test]
    fn a_tenth_byte_above_one_and_an_eleventh_byte_are_refused() {
        let with_tenth = |tenth| {
            [
                0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, tenth, 0,
            ]
        };
        assert_eq!(read_uvar(&mut &with_tenth(1)[..]), Some(u64::MAX));
        assert_eq!(read_uvar(&mut &with_tenth(2)[..]), None);
        assert_eq!(read_uvar(&mut &with_tenth(0x81)[..]), None);
    }

    #[test]
    fn over_long_forms_are_read() {
        for bytes in [
            &[0x80, 0][..],
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
        ] {
            let mut data = bytes;
            assert_eq!(read_uvar(&mut data), Some(0));
            assert!(data.is_empty());
        }
    }

    #[test]
    fn zigzag_folds_the_ends() {
        for (v, u) in [
            (0, 0),
            (-1, 1),
            (1, 2),
            (i64::MAX, u64::MAX - 1),
            (i64::MIN, u64::MAX),
        ] {
            assert_eq!((zigzag(v), unzigzag(u)), (u, v));
        }
    }

    #[test]
    fn a_length_beyond_the_data_is_refused() {
        assert_eq!(read_bytes(&mut &[2, 7][..]), None);
        assert_eq!(read_bytes(&mut &[0xff; 10][..]), None);
    }

    #[test]
    fn integers_are_counted_without_their_values() {
        assert_eq!(count(&[]), Some(0));
        assert_eq!(count(&[0x80]), None);
        assert_eq!(count(&[1, 0x80, 1, 0]), Some(3));
        let mut long = vec![0xff; 9];
        long.push(1);
        assert_eq!(count(&long), Some(1));
        long[9] = 2;
        assert_eq!(count(&long), None);
    }

    proptest! {
        #[test]
        fn counting_agrees_with_reading(
            integers in proptest::collection::vec((any::<u64>(), 0u32..64), 0..200),
            cut in 0usize..2000,
            changed in proptest::option::of((0usize..2000, any::<u8>())),
        ) {
            let mut data = Vec::new();
            for (u, shift) in integers {
                write_uvar(&mut data, u >> shift);
            }
            data.truncate(cut);
            if let Some((at, byte)) = changed && at < data.len() {
                data[at] = byte;
            }
            prop_assert_eq!(count(&data), count_long(&data));
        }

        #[test]
        fn any_integer_survives(u: u64, shift in 0u32..64) {
            check(u >> shift);
        }
    }
}
