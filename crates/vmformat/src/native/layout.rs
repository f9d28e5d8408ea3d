use std::fmt;

use super::block::Block;
use super::decoder::Decoder;
use crate::Error;

/// Which fields a block header has. Servers refuse blocks of the other layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layout {
    /// VictoriaMetrics before v1.82.0: neither last timestamp nor precision bits.
    A,
    /// VictoriaMetrics v1.82.0 and later.
    B,
}

impl Layout {
    /// Every layout.
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    /// The name for files: `a` or `b`.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// The layout called `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layout| layout.name() == name)
    }

    fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Finds the layout of a stream from its blocks.
///
/// Nothing in a stream names its layout, but a block of one layout that is also valid in the other
/// was never seen, in more than 100,000. So the first block nearly always decides, at the price of
/// validating it fully; until one layout is refuted, every block is validated in both.
#[derive(Debug, Default)]
pub struct LayoutDetector {
    given_out: Option<Layout>,
    settled: bool,
}

impl LayoutDetector {
    /// Starts knowing nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts with the layout known, for example from an earlier reading of the same stream.
    pub fn known(layout: Layout) -> Self {
        Self {
            given_out: Some(layout),
            settled: true,
        }
    }

    /// The layout so far; `None` before the first block.
    pub fn layout(&self) -> Option<Layout> {
        self.given_out
    }

    /// Decides for `block`, the next block of the stream. Costs nothing once one layout is refuted.
    ///
    /// # Errors
    ///
    /// [`Error::Block`] if the block is valid in neither layout, with its defect in the layout
    /// known so far, else in layout B. [`Error::LayoutMistaken`] if earlier blocks were valid in
    /// both and this one refutes what was decided for them.
    pub fn decide(&mut self, block: &[u8], decoder: &mut Decoder) -> Result<Layout, Error> {
        let preferred = self.given_out.unwrap_or(Layout::B);
        if self.settled {
            return Ok(preferred);
        }
        let mut fits =
            |layout| Block::parse(block, layout).and_then(|block| decoder.validate(&block));
        let layout = match (fits(preferred), fits(preferred.other())) {
            (Ok(()), Ok(())) => preferred,
            (Ok(()), Err(_)) => {
                self.settled = true;
                preferred
            }
            (Err(_), Ok(())) => {
                self.settled = true;
                let actual = preferred.other();
                if let Some(assumed) = self.given_out.replace(actual) {
                    return Err(Error::LayoutMistaken { assumed, actual });
                }
                actual
            }
            (Err(error), Err(_)) => return Err(error),
        };
        self.given_out = Some(layout);
        Ok(layout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::Encoder;

    #[test]
    fn one_block_settles_the_layout() {
        for layout in Layout::ALL {
            let mut block = Vec::new();
            let rows = [1_700_000_000_000, 1_700_000_015_000];
            Encoder::new()
                .encode(layout, &rows, &[7, 9], 0, &mut block)
                .unwrap();
            let mut decoder = Decoder::new();
            let mut detector = LayoutDetector::new();
            assert!(detector.decide(b"neither", &mut decoder).is_err());
            assert_eq!(detector.layout(), None);
            assert_eq!(detector.decide(&block, &mut decoder).unwrap(), layout);
            assert_eq!(detector.layout(), Some(layout));
            assert_eq!(
                detector.decide(b"not looked at", &mut decoder).unwrap(),
                layout
            );
        }
    }

    #[test]
    fn names_are_read_back() {
        for layout in Layout::ALL {
            assert_eq!(Layout::from_name(layout.name()), Some(layout));
        }
        assert_eq!(Layout::from_name("c"), None);
    }
}
