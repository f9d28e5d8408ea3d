use super::failure::Failure;
use super::metric::{Labels, ObjectEnd, ObjectScan, is_blank};
use super::repeated_times::RepeatedTimes;
use super::samples::Samples;
use super::scalar::{MAX_NUMBER_BYTES, number_end, parse_timestamp, timestamp_at, value_text};
use super::sink::LineSink;
use super::state::{Array, Key, Keys, State};
use crate::{Error, LineDefect};

/// The longest `metric` object that is read, in bytes.
const MAX_METRIC_BYTES: usize = 1024 * 1024;
/// The longest key that is known, with room to see that another is not.
const MAX_KEY_BYTES: usize = 16;

/// Reads JSON lines from pieces of any size, in bounded memory whatever the length of a line.
///
/// [`push`](Self::push) the body as it comes, then call [`finish`](Self::finish): a body that ends
/// inside of a line is cut off. Results do not depend on the pieces. Blanks between tokens, blank
/// lines and a missing last line break are fine; `metric` must come first, and a key other than
/// `metric`, `values` and `timestamps` is an error, since skipping it would lose data. Holds at
/// most one `metric` object (1 MiB) and one chunk of values and timestamps.
///
/// A failing server may end a body with its reason, in the middle of a line. So once a line is
/// broken, the reader collects the rest of the line (8 KiB at most, handing over nothing) before it
/// returns the error, and [`Error::server_text`] has the reason whole.
#[derive(Default)]
pub struct LineReader {
    state: State,
    /// The current line, counted from 0.
    line: u64,
    /// The position of the current piece in the input.
    offset: u64,
    /// Where the current key, number or object starts in the input.
    token_start: u64,
    /// Its bytes, as far as they were set aside.
    partial: Vec<u8>,
    scan: ObjectScan,
    labels: Labels,
    keys: Keys,
    samples: Samples,
    repeated_times: RepeatedTimes,
    /// Where the timestamps of the current line start in the current piece, if they do.
    times_start: Option<usize>,
    failure: Option<Failure>,
}

/// Why reading stops.
enum Stop<E> {
    /// At the first wrong byte, which stands at this position of the input.
    Defect(LineDefect, u64),
    Sink(E),
}

type Step<S> = Result<usize, Stop<<S as LineSink>::Error>>;

impl LineReader {
    /// Starts at the first line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the next piece of the input.
    ///
    /// # Errors
    ///
    /// [`Error::Line`] for a broken line, and what `sink` returns. After an error of the input the
    /// same error comes again; after one of `sink` the reader must not be used any more.
    pub fn push<S: LineSink>(&mut self, piece: &[u8], sink: &mut S) -> Result<(), S::Error> {
        if let Some(failure) = &mut self.failure {
            failure.collect(piece);
        }
        self.times_start = None;
        let mut at = 0;
        while at < piece.len() && self.failure.is_none() {
            match self.step(piece, at, sink) {
                Ok(next) => at = next,
                Err(Stop::Sink(error)) => return Err(error),
                Err(Stop::Defect(defect, offset)) => self.fail(defect, offset, piece),
            }
        }
        self.offset += piece.len() as u64;
        match &self.failure {
            Some(failure) if failure.is_complete() => Err(failure.error().into()),
            _ => Ok(()),
        }
    }

    /// Says whether the input may end here.
    ///
    /// # Errors
    ///
    /// [`Error::Line`] if it ends inside of a line, or if its last line is broken.
    pub fn finish(&mut self) -> Result<(), Error> {
        if self.failure.is_none() {
            let (defect, at) = match self.state {
                State::Start | State::End => return Ok(()),
                // A reason that stands inside of the object shows only to who reads the object.
                State::Metric => match self.labels.parse(&self.partial) {
                    Ok(()) => (LineDefect::Truncated, self.partial.len()),
                    Err(defect) => defect,
                },
                _ => (LineDefect::Truncated, self.partial.len()),
            };
            if self.partial.is_empty() {
                self.token_start = self.offset;
            }
            self.fail(defect, self.token_start + at as u64, &[]);
        }
        match &self.failure {
            Some(failure) => Err(failure.error()),
            None => Ok(()),
        }
    }

    /// Notes a defect and what is known of the line around it; the rest of the line is still to
    /// come.
    fn fail(&mut self, defect: LineDefect, offset: u64, piece: &[u8]) {
        let line_start = self.state == State::Start;
        let defect_at = (offset - self.token_start) as usize;
        let seen = (self.token_start + self.partial.len() as u64 - self.offset) as usize;
        let around = std::mem::take(&mut self.partial);
        let mut failure = Failure::new(
            (self.line + 1, offset),
            defect,
            line_start,
            around,
            defect_at,
        );
        failure.collect(&piece[seen..]);
        self.failure = Some(failure);
    }

    fn step<S: LineSink>(&mut self, piece: &[u8], at: usize, sink: &mut S) -> Step<S> {
        match self.state {
            State::InKey => return self.read_key(piece, at),
            State::Metric => return self.read_metric(piece, at, sink),
            State::Item { array, .. } if !self.partial.is_empty() => {
                return self.read_item(array, piece, at, sink);
            }
            _ => {}
        }
        let byte = piece[at];
        if is_blank(byte) {
            return Ok(at + 1);
        }
        self.state = match (self.state, byte) {
            (State::Start, b'\n') => {
                self.line += 1;
                State::Start
            }
            (State::Start, b'{') => {
                self.keys = Keys::default();
                self.samples.begin();
                State::Key
            }
            (State::Key, b'"') => {
                self.begin_token(at + 1);
                State::InKey
            }
            (State::Colon(key), b':') => State::Open(key),
            (State::Open(Key::Metric), b'{') => {
                self.begin_token(at);
                self.scan = ObjectScan::default();
                self.state = State::Metric;
                return Ok(at);
            }
            (State::Open(Key::Array(array)), b'[') => State::Item { array, first: true },
            (State::Item { array, first: true } | State::AfterItem(array), b']') => {
                match array {
                    Array::Values => self.samples.flush_values(&[], sink).map_err(Stop::Sink)?,
                    Array::Timestamps => self.end_timestamps(piece, at + 1, sink)?,
                }
                State::AfterValue
            }
            (
                State::Item {
                    array: Array::Values,
                    ..
                },
                _,
            ) => {
                return self.read_values(piece, at, sink);
            }
            (
                State::Item {
                    array: Array::Timestamps,
                    ..
                },
                _,
            ) => {
                return self.read_timestamps(piece, at, sink);
            }
            (State::AfterItem(array), b',') => State::Item {
                array,
                first: false,
            },
            (State::AfterValue, b',') => State::Key,
            (State::AfterValue, b'}') => {
                self.begin_token(at);
                let complete = self.keys.check_complete();
                let complete = complete.and_then(|()| self.samples.check_counts());
                complete.map_err(|defect| Stop::Defect(defect, self.token_start))?;
                sink.end_line().map_err(Stop::Sink)?;
                State::End
            }
            (State::End, b'\n') => {
                self.line += 1;
                State::Start
            }
            (state, _) => {
                self.begin_token(at);
                return Err(Stop::Defect(
                    LineDefect::Expected(state.wanted()),
                    self.token_start,
                ));
            }
        };
        Ok(at + 1)
    }

    fn begin_token(&mut self, at: usize) {
        self.token_start = self.offset + at as u64;
        self.partial.clear();
    }

    fn read_key<E>(&mut self, piece: &[u8], start: usize) -> Result<usize, Stop<E>> {
        for (at, &byte) in piece.iter().enumerate().skip(start) {
            if byte == b'"' {
                let key = self.keys.note(&self.partial);
                let key = key.map_err(|defect| Stop::Defect(defect, self.token_start))?;
                self.partial.clear();
                self.state = State::Colon(key);
                return Ok(at + 1);
            }
            if byte == b'\n' || self.partial.len() == MAX_KEY_BYTES {
                return Err(Stop::Defect(LineDefect::UnknownKey, self.token_start));
            }
            self.partial.push(byte);
        }
        Ok(piece.len())
    }

    fn read_metric<S: LineSink>(&mut self, piece: &[u8], at: usize, sink: &mut S) -> Step<S> {
        let rest = &piece[at..];
        let (end, length) = match self.scan.scan(rest) {
            ObjectEnd::Closed(end) => (Some(end), end),
            ObjectEnd::Cut(end) => (Some(end), end),
            ObjectEnd::Open => (None, rest.len()),
        };
        if self.partial.len() + length > MAX_METRIC_BYTES {
            return Err(Stop::Defect(LineDefect::MetricTooLong, self.token_start));
        }
        let object = if self.partial.is_empty() && end.is_some() {
            &rest[..length]
        } else {
            self.partial.extend_from_slice(&rest[..length]);
            &self.partial
        };
        let Some(end) = end else {
            return Ok(piece.len());
        };
        self.labels
            .parse(object)
            .map_err(|(defect, at)| Stop::Defect(defect, self.token_start + at as u64))?;
        self.partial.clear();
        sink.metric(self.labels.as_slice()).map_err(Stop::Sink)?;
        self.state = State::AfterValue;
        Ok(at + end)
    }

    /// Reads values as long as they are numbers directly followed by a comma or bracket. Their
    /// bytes are not touched: they are handed over from the piece, or set aside in one go.
    fn read_values<S: LineSink>(&mut self, piece: &[u8], start: usize, sink: &mut S) -> Step<S> {
        let mut run = start;
        let mut at = start;
        while let Some(end) = number_end(piece, at) {
            let closed = match piece.get(end) {
                Some(b',') => false,
                Some(b']') => true,
                _ => break,
            };
            if end - at > MAX_NUMBER_BYTES {
                break;
            }
            at = end + 1;
            let full = self.samples.count_value(end - run);
            if closed || full {
                let values = self.samples.flush_values(&piece[run..end], sink);
                values.map_err(Stop::Sink)?;
                run = at;
            }
            if closed {
                self.state = State::AfterValue;
                return Ok(at);
            }
        }
        self.samples.set_values_aside(&piece[run..at]);
        self.read_odd_item(Array::Values, piece, start, at, sink)
    }

    fn read_timestamps<S: LineSink>(
        &mut self,
        piece: &[u8],
        start: usize,
        sink: &mut S,
    ) -> Step<S> {
        if let Some((timestamps, length)) = self.repeated_times.find(&piece[start..])
            && self.samples.push_all_timestamps(timestamps)
        {
            self.times_start = None;
            self.samples.flush_timestamps(sink).map_err(Stop::Sink)?;
            self.state = State::AfterValue;
            return Ok(start + length);
        }
        if self.samples.has_no_timestamps() {
            self.times_start = Some(start);
        }
        let mut at = start;
        while let Some((timestamp, end)) = timestamp_at(piece, at) {
            let closed = match piece.get(end) {
                Some(b',') => false,
                Some(b']') => true,
                _ => break,
            };
            at = end + 1;
            self.samples
                .push_timestamp(timestamp, sink)
                .map_err(Stop::Sink)?;
            if closed {
                self.end_timestamps(piece, at, sink)?;
                self.state = State::AfterValue;
                return Ok(at);
            }
        }
        self.read_odd_item(Array::Timestamps, piece, start, at, sink)
    }

    /// Hands over the rest of the timestamps, whose closing bracket stands before `end`.
    fn end_timestamps<S: LineSink>(
        &mut self,
        piece: &[u8],
        end: usize,
        sink: &mut S,
    ) -> Result<(), Stop<S::Error>> {
        if let Some(start) = self.times_start.take()
            && let Some(timestamps) = self.samples.all_timestamps()
        {
            self.repeated_times.remember(&piece[start..end], timestamps);
        }
        self.samples.flush_timestamps(sink).map_err(Stop::Sink)
    }

    /// Goes on at the first item that the fast loops left, if the piece has one.
    fn read_odd_item<S: LineSink>(
        &mut self,
        array: Array,
        piece: &[u8],
        start: usize,
        at: usize,
        sink: &mut S,
    ) -> Step<S> {
        if at > start {
            self.state = State::Item {
                array,
                first: false,
            };
            if piece.get(at).is_none_or(|byte| is_blank(*byte)) {
                return Ok(at);
            }
        }
        self.begin_token(at);
        self.read_item(array, piece, at, sink)
    }

    /// Reads one item of any kind, of which the start may be set aside.
    fn read_item<S: LineSink>(
        &mut self,
        array: Array,
        piece: &[u8],
        at: usize,
        sink: &mut S,
    ) -> Step<S> {
        let rest = &piece[at..];
        let ends = |byte: u8| matches!(byte, b',' | b']' | b'\n') || is_blank(byte);
        let end = rest.iter().position(|byte| ends(*byte));
        let length = end.unwrap_or(rest.len());
        if self.partial.len() + length > MAX_NUMBER_BYTES {
            return Err(Stop::Defect(LineDefect::NumberTooLong, self.token_start));
        }
        let token = if self.partial.is_empty() && end.is_some() {
            &rest[..length]
        } else {
            self.partial.extend_from_slice(&rest[..length]);
            &self.partial
        };
        if end.is_none() {
            return Ok(piece.len());
        }
        match array {
            Array::Values => {
                let wanted = LineDefect::Expected("a number, `null` or an infinity");
                let text = value_text(token).ok_or(Stop::Defect(wanted, self.token_start))?;
                self.samples.push_value(text, sink).map_err(Stop::Sink)?;
            }
            Array::Timestamps => {
                let wanted = Stop::Defect(LineDefect::Timestamp, self.token_start);
                let timestamp = parse_timestamp(token).ok_or(wanted)?;
                self.samples
                    .push_timestamp(timestamp, sink)
                    .map_err(Stop::Sink)?;
            }
        }
        self.partial.clear();
        self.state = State::AfterItem(array);
        Ok(at + length)
    }
}
