//! Takes the series of a query result out of its JSON one by one, before the reply is complete.

/// What stands around the series: status, warnings and statistics, in bytes.
const MAX_FRAME: usize = 1 << 20;

/// Where the series stand: `{"data":{"result":[`.
const RESULT_DEPTH: usize = 3;

/// Splits a JSON reply into the elements of `data.result` and the frame around them.
///
/// Only brackets, quotes and two keys are looked at; whether frame and elements are JSON shows when
/// they are parsed. Memory is bounded by the limits and the longest element.
#[derive(Debug)]
pub(crate) struct ResultSplitter {
    max_element: usize,
    frame: Vec<u8>,
    element: Vec<u8>,
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    in_result: bool,
    /// The string that ended last, and the keys that lead to where we are.
    string: Vec<u8>,
    keys: [Vec<u8>; RESULT_DEPTH],
    /// What comes behind the end of the JSON value.
    tail: Vec<u8>,
}

/// A part of the reply is longer than its limit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl ResultSplitter {
    /// `max_element` is the longest series accepted, in bytes of JSON.
    pub(crate) fn new(max_element: usize) -> Self {
        Self {
            max_element,
            frame: Vec::new(),
            element: Vec::new(),
            depth: 0,
            in_string: false,
            is_escaped: false,
            in_result: false,
            string: Vec::new(),
            keys: Default::default(),
            tail: Vec::new(),
        }
    }

    /// Reads on until an element is complete; the number says how many bytes were read.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(usize, Option<Vec<u8>>), TooLong> {
        for (at, &byte) in piece.iter().enumerate() {
            if let Some(element) = self.byte(byte)? {
                return Ok((at + 1, Some(element)));
            }
        }
        Ok((piece.len(), None))
    }

    /// The reply without its elements, and what followed it.
    pub(crate) fn finish(self) -> (Vec<u8>, Vec<u8>) {
        (self.frame, self.tail)
    }

    fn byte(&mut self, byte: u8) -> Result<Option<Vec<u8>>, TooLong> {
        if self.depth == 0 && !self.frame.is_empty() {
            return Self::keep(&mut self.tail, byte, MAX_FRAME).map(|()| None);
        }
        if self.in_result && self.depth == RESULT_DEPTH && !self.in_string {
            match byte {
                b',' => return Ok(Some(std::mem::take(&mut self.element))),
                b']' => {
                    self.in_result = false;
                    self.depth -= 1;
                    Self::keep(&mut self.frame, byte, MAX_FRAME)?;
                    let last = std::mem::take(&mut self.element);
                    return Ok((!last.is_empty()).then_some(last));
                }
                byte if byte.is_ascii_whitespace() => return Ok(None),
                _ => {}
            }
        }
        if self.in_result {
            Self::keep(&mut self.element, byte, self.max_element)?;
        } else if self.depth > 0 || !byte.is_ascii_whitespace() {
            Self::keep(&mut self.frame, byte, MAX_FRAME)?;
        }
        self.structure(byte);
        Ok(None)
    }

    /// Follows strings, brackets and keys.
    fn structure(&mut self, byte: u8) {
        if self.in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_string = false,
                _ if !self.in_result => self.string.push(byte),
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.string.clear();
            }
            b':' if !self.in_result && (1..RESULT_DEPTH).contains(&self.depth) => {
                self.keys[self.depth] = std::mem::take(&mut self.string);
            }
            b'{' | b'[' => {
                let leads_here = self.keys[1] == b"data" && self.keys[2] == b"result";
                self.depth += 1;
                self.in_result |= byte == b'[' && self.depth == RESULT_DEPTH && leads_here;
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn keep(to: &mut Vec<u8>, byte: u8, limit: usize) -> Result<(), TooLong> {
        if to.len() >= limit {
            return Err(TooLong);
        }
        to.push(byte);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Elements, frame and tail of a reply that comes in pieces of `step` bytes.
    fn split(reply: &[u8], step: usize) -> Result<(Vec<String>, String, String), TooLong> {
        let mut splitter = ResultSplitter::new(1_000);
        let mut elements = Vec::new();
        for mut piece in reply.chunks(step) {
            while !piece.is_empty() {
                let (read, element) = splitter.push(piece)?;
                piece = &piece[read..];
                elements.extend(element.map(|element| String::from_utf8(element).unwrap()));
            }
        }
        let (frame, tail) = splitter.finish();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ok((elements, text(frame), text(tail)))
    }

    #[test]
    fn elements_are_told_from_their_frame() {
        let reply = r#" {"status":"success","result":[5],"data":{"resultType":"matrix","result":[
            {"metric":{"a":"x,]}\"[{"},"values":[[1,"2"],[3,"4"]]} , {"metric":{}} ] },
            "warnings":["data","result"],"stats":{"result":["x"]}} "#;
        for step in 1..40 {
            let (elements, frame, tail) = split(reply.as_bytes(), step).unwrap();
            assert_eq!(elements.len(), 2, "{step}");
            assert!(elements[0].ends_with(r#"[3,"4"]]}"#), "{elements:?}");
            assert_eq!(elements[1], r#"{"metric":{}}"#);
            let frame: serde_json::Value = serde_json::from_str(&frame).unwrap();
            assert_eq!(frame["data"]["result"], serde_json::json!([]));
            assert_eq!(frame["result"], serde_json::json!([5]));
            assert_eq!(frame["stats"]["result"][0], "x");
            assert_eq!(tail, " ");
        }
    }

    #[test]
    fn an_empty_result_has_no_elements() {
        let reply = br#"{"data":{"result":[ ]}}"#;
        assert_eq!(split(reply, 3).unwrap().0.len(), 0);
        assert_eq!(split(b"", 3).unwrap(), Default::default());
    }

    #[test]
    fn what_follows_the_reply_is_kept_apart() {
        let (_, frame, tail) = split(b"{\"data\":{\"result\":[]}}\nsorry\n", 5).unwrap();
        assert_eq!(frame, r#"{"data":{"result":[]}}"#);
        assert_eq!(tail, "\nsorry\n");
    }

    #[test]
    fn nothing_grows_without_limit() {
        let long = format!(r#"{{"data":{{"result":["{}"]}}}}"#, "x".repeat(1_000));
        assert_eq!(split(long.as_bytes(), 64), Err(TooLong));
        let mut splitter = ResultSplitter::new(1_000);
        let open = vec![b'['; MAX_FRAME + 1];
        assert!(splitter.push(&open).is_err());
    }

    proptest! {
        #[test]
        fn labels_of_any_text_do_not_confuse_it(
            texts in prop::collection::vec(any::<String>(), 0..6),
            step in 1..20_usize,
        ) {
            let elements: Vec<_> = texts.iter().map(|text| serde_json::json!({ "m": text })).collect();
            let reply = serde_json::json!({ "data": { "result": elements }, "x": texts }).to_string();
            let (found, _, _) = split(reply.as_bytes(), step).unwrap();
            let found: Vec<serde_json::Value> =
                found.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
            prop_assert_eq!(found, elements);
        }
    }
}
