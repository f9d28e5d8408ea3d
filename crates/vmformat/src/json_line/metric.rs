use super::string::read_string;
use crate::LineDefect;
use crate::native::keep_last_values;

/// A label name and its value, unescaped.
pub(super) type Label = (Vec<u8>, Vec<u8>);

/// The labels of the current line. Keeps the memory of earlier lines.
#[derive(Default)]
pub(super) struct Labels {
    labels: Vec<Label>,
    spare: Vec<Label>,
}

impl Labels {
    pub(super) fn as_slice(&self) -> &[Label] {
        &self.labels
    }

    /// Reads a whole `metric` object, braces included. Of repeated names the last value is kept, at
    /// the first place.
    ///
    /// On failure the position is that of the byte at fault.
    pub(super) fn parse(&mut self, object: &[u8]) -> Result<(), (LineDefect, usize)> {
        self.spare.append(&mut self.labels);
        let mut at = skip_blanks(object, 1);
        if object.get(at) == Some(&b'}') {
            return Ok(());
        }
        loop {
            let mut label = self.spare.pop().unwrap_or_default();
            at = expect(object, at, b'"', "a label name in quotes")?;
            at = read_string(object, at, &mut label.0)?;
            at = expect(object, skip_blanks(object, at), b':', "`:`")?;
            at = skip_blanks(object, at + 1);
            at = expect(object, at, b'"', "a label value in quotes")?;
            at = read_string(object, at, &mut label.1)?;
            self.labels.push(label);
            at = skip_blanks(object, at);
            match object.get(at) {
                Some(b',') => at = skip_blanks(object, at + 1),
                Some(b'}') => break,
                Some(_) => return Err((LineDefect::Expected("`,` or `}`"), at)),
                None => return Err((LineDefect::Truncated, at)),
            }
        }
        keep_last_values(
            &mut self.labels,
            |label| &label.0,
            |kept, dropped| kept.1 = dropped.1,
        );
        Ok(())
    }
}

/// Where `byte` stands, which must be at `at`.
fn expect(
    object: &[u8],
    at: usize,
    byte: u8,
    wanted: &'static str,
) -> Result<usize, (LineDefect, usize)> {
    match object.get(at) {
        Some(found) if *found == byte => Ok(at),
        Some(_) => Err((LineDefect::Expected(wanted), at)),
        None => Err((LineDefect::Truncated, at)),
    }
}

fn skip_blanks(object: &[u8], at: usize) -> usize {
    let blanks = object
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take_while(|byte| is_blank(**byte));
    at + blanks.count()
}

/// Whether JSON allows the byte between tokens; line breaks are not among them here.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// Finds the end of a `metric` object whose pieces come one after the other.
#[derive(Default)]
pub(super) struct ObjectScan {
    in_string: bool,
    escaped: bool,
}

/// Where a piece of an object ends.
pub(super) enum ObjectEnd {
    /// Behind the closing brace, at this position of the piece.
    Closed(usize),
    /// At a line break, which stands at this position of the piece and is never part of an object.
    Cut(usize),
    /// With the piece.
    Open,
}

impl ObjectScan {
    pub(super) fn scan(&mut self, piece: &[u8]) -> ObjectEnd {
        let mut at = 0;
        if self.escaped && !piece.is_empty() {
            self.escaped = false;
            at = usize::from(piece[0] != b'\n');
        }
        loop {
            let rest = &piece[at..];
            let found = if self.in_string {
                memchr::memchr3(b'"', b'\\', b'\n', rest)
            } else {
                memchr::memchr3(b'"', b'}', b'\n', rest)
            };
            let Some(found) = found else {
                return ObjectEnd::Open;
            };
            at += found;
            match piece[at] {
                b'"' => self.in_string = !self.in_string,
                b'\n' => return ObjectEnd::Cut(at),
                b'}' => return ObjectEnd::Closed(at + 1),
                _ => match piece.get(at + 1) {
                    None => {
                        self.escaped = true;
                        return ObjectEnd::Open;
                    }
                    Some(b'\n') => {}
                    Some(_) => at += 1,
                },
            }
            at += 1;
        }
    }
}
