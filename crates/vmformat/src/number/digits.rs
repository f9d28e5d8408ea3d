//! Decimal digits, eight at a time in one register, and the buffer they are collected in.

/// The text of eight zeros.
pub(super) const ASCII_ZEROS: u64 = 0x3030_3030_3030_3030;

pub(super) const TEN_8: u64 = 100_000_000;
pub(super) const TEN_16: u64 = TEN_8 * TEN_8;

/// The eight decimal digits of `n` (below 10^8) as bytes 0 to 9, the most significant in the lowest
/// byte.
///
/// Splits all halves at once: 8 digits into 4 + 4, those into 2 + 2, those into 1 + 1. The
/// divisions are multiplications by a rounded-up reciprocal that is exact in the range of its lane.
#[inline]
pub(super) fn eight_digits(n: u32) -> u64 {
    debug_assert!(u64::from(n) < TEN_8);
    let fours = u64::from(n / 10_000) | (u64::from(n % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((twos - 10 * tens) << 8)
}

/// How many leading zeros the result of [`eight_digits`] has, leaving one digit of a zero.
#[inline]
pub(super) fn leading_zeros(digits: u64) -> u32 {
    (digits | 1 << 56).trailing_zeros() / 8
}

/// Room for one number: a sign, 17 digits, a point, 16 digits, a comma, and the surplus of
/// whole-word stores.
pub(super) const SLOT: usize = 64;

/// Where one number is written.
pub(super) type Slot = [u8; SLOT];

/// Stores eight bytes of text, of which the caller may count fewer.
#[inline]
pub(super) fn put_word(slot: &mut Slot, at: usize, word: u64) {
    slot[at..at + 8].copy_from_slice(&word.to_le_bytes());
}

/// Stores up to eight digits of `n` (below 10^8) without leading zeros; returns the end.
#[inline]
pub(super) fn put_head(slot: &mut Slot, at: usize, n: u32) -> usize {
    let digits = eight_digits(n);
    let skipped = leading_zeros(digits);
    put_word(slot, at, (digits | ASCII_ZEROS) >> (8 * skipped));
    at + 8 - skipped as usize
}

/// Stores exactly eight digits of `n` (below 10^8); returns the end.
#[inline]
pub(super) fn put_eight(slot: &mut Slot, at: usize, n: u32) -> usize {
    put_word(slot, at, eight_digits(n) | ASCII_ZEROS);
    at + 8
}

/// Stores `n` in decimal; returns the end.
#[inline]
pub(super) fn put_integer(slot: &mut Slot, n: i64) -> usize {
    slot[0] = b'-';
    put_magnitude(slot, usize::from(n < 0), n.unsigned_abs())
}

/// Stores `n` in decimal from `at` on; returns the end.
#[inline]
pub(super) fn put_magnitude(slot: &mut Slot, at: usize, n: u64) -> usize {
    if n < TEN_8 {
        put_head(slot, at, n as u32)
    } else if n < TEN_16 {
        let at = put_head(slot, at, (n / TEN_8) as u32);
        put_eight(slot, at, (n % TEN_8) as u32)
    } else {
        let at = put_head(slot, at, (n / TEN_16) as u32);
        let low = n % TEN_16;
        let at = put_eight(slot, at, (low / TEN_8) as u32);
        put_eight(slot, at, (low % TEN_8) as u32)
    }
}

const BUFFER: usize = 16 * SLOT;

/// Collects numbers on the stack, so that growing the output is checked once per kilobyte and not
/// once per number.
pub(super) struct Collector<'a> {
    out: &'a mut Vec<u8>,
    buffer: [u8; BUFFER],
    len: usize,
}

impl<'a> Collector<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            buffer: [0; BUFFER],
            len: 0,
        }
    }

    /// Lets `put` write one number and say how long it is, or that it did not; adds a comma. False
    /// if it did not.
    #[inline]
    pub(super) fn push(&mut self, put: impl FnOnce(&mut Slot) -> Option<usize>) -> bool {
        if self.len > BUFFER - SLOT {
            self.flush();
        }
        let slot = self.buffer[self.len..]
            .first_chunk_mut()
            .expect("a slot was kept free");
        let Some(end) = put(slot) else { return false };
        slot[end] = b',';
        self.len += end + 1;
        true
    }

    /// Lets `write` append a number of any length to the output; adds a comma.
    pub(super) fn push_long(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.flush();
        write(self.out);
        self.out.push(b',');
    }

    fn flush(&mut self) {
        self.out.extend_from_slice(&self.buffer[..self.len]);
        self.len = 0;
    }

    /// Hands over what was collected, without the last comma.
    pub(super) fn finish(mut self) {
        self.flush();
        self.out.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_are_the_digits() {
        for n in (0..100_000_000u32)
            .step_by(977)
            .chain([99_999_999, 10_000, 9_999, 1, 9, 10])
        {
            let text: Vec<u8> = eight_digits(n)
                .to_le_bytes()
                .iter()
                .map(|digit| digit + b'0')
                .collect();
            assert_eq!(String::from_utf8(text).unwrap(), format!("{n:08}"));
        }
    }

    #[test]
    fn integers_of_every_length_are_written() {
        let mut cases = vec![0, i64::MAX, i64::MIN, i64::MAX - 1, i64::MIN + 1];
        let mut power = 1i64;
        for _ in 0..19 {
            cases.extend([power - 1, power, power + 1, -power, 1 - power, -1 - power]);
            power = power.wrapping_mul(10);
        }
        for n in cases {
            let mut slot = [0; SLOT];
            let end = put_integer(&mut slot, n);
            assert_eq!(std::str::from_utf8(&slot[..end]).unwrap(), n.to_string());
        }
    }
}
