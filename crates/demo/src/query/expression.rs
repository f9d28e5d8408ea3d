use super::evaluate::Failure;
use super::lexer::{Lexer, Token};
use super::rollup::Rollup;
use super::selector::Selector;
use crate::Version;

/// The step of an instant query, which is also how far a bare selector looks back.
pub(crate) const DEFAULT_STEP_MS: i64 = 300_000;

/// How deep functions may be nested, so that no query overflows the stack.
const MAX_DEPTH: usize = 16;

/// A query that the demo can answer.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Number(f64),
    /// `selector[range]` alone: raw samples.
    Raw {
        selector: Selector,
        range_ms: i64,
    },
    /// A rollup over the samples of each series; without a range over one step.
    Rollup {
        rollup: Rollup,
        selector: Selector,
        range_ms: Option<i64>,
    },
    Aggregate {
        aggregate: Aggregate,
        grouping: Grouping,
        inner: Box<Expression>,
    },
    /// `a or b or c`.
    Or(Vec<Expression>),
}

impl Expression {
    /// The selectors whose series it reads; a number reads none.
    pub(crate) fn selectors(&self) -> Vec<&Selector> {
        match self {
            Expression::Number(_) => Vec::new(),
            Expression::Raw { selector, .. } | Expression::Rollup { selector, .. } => {
                vec![selector]
            }
            Expression::Aggregate { inner, .. } => inner.selectors(),
            Expression::Or(sides) => sides.iter().flat_map(Expression::selectors).collect(),
        }
    }

    /// How far an instant query looks back, in milliseconds.
    pub(crate) fn range_ms(&self) -> i64 {
        match self {
            Expression::Number(_) => 0,
            Expression::Raw { range_ms, .. } => *range_ms,
            Expression::Rollup { range_ms, .. } => range_ms.unwrap_or(DEFAULT_STEP_MS),
            Expression::Aggregate { inner, .. } => inner.range_ms(),
            Expression::Or(sides) => sides.iter().map(Self::range_ms).max().unwrap_or(0),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Aggregate {
    Count,
    Sum,
    Min,
    Max,
    Avg,
    Group,
    /// The greatest values of each group.
    TopK(usize),
    /// Some series of each group.
    LimitK(usize),
}

/// The labels that make up a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Grouping {
    By(Vec<String>),
    Without(Vec<String>),
}

/// Reads a query.
///
/// # Errors
///
/// [`Failure::BadParameter`] if it is not MetricsQL, or more of it than the demo speaks;
/// [`Failure::Execution`] for a function that the demo does not have.
pub(crate) fn parse(text: &str, version: Version) -> Result<Expression, Failure> {
    let mut lexer = Lexer::new(text);
    let expression = read(&mut lexer, version, 0)?;
    match lexer.rest() {
        "" => Ok(expression),
        rest => Err(Failure::BadParameter(format!(
            "unparsed data left: \"{rest}\""
        ))),
    }
}

/// One operand, or several with `or` between them.
fn read(lexer: &mut Lexer<'_>, version: Version, depth: usize) -> Result<Expression, Failure> {
    let mut sides = vec![operand(lexer, version, depth)?];
    while lexer.take_keyword("or") {
        sides.push(operand(lexer, version, depth)?);
    }
    Ok(match sides.len() {
        1 => sides.remove(0),
        _ => Expression::Or(sides),
    })
}

fn operand(lexer: &mut Lexer<'_>, version: Version, depth: usize) -> Result<Expression, Failure> {
    if depth > MAX_DEPTH {
        return Err(Failure::BadParameter("too deep nesting".to_owned()));
    }
    let mut after = lexer.clone();
    if let Some(word) = after.take_word() {
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            let number = word.parse().map_err(|_| unexpected(lexer))?;
            *lexer = after;
            return Ok(Expression::Number(number));
        }
        let grouped = ["by", "without"]
            .iter()
            .any(|word| after.clone().take_keyword(word));
        if after.peek() == Some(Token::Sign("(")) || grouped {
            *lexer = after;
            return call(&word, lexer, version, depth);
        }
    }
    if lexer.take("(") {
        let inner = read(lexer, version, depth + 1)?;
        expect(lexer, ")")?;
        return Ok(inner);
    }
    let (selector, range_ms) = series(lexer, version)?;
    Ok(match range_ms {
        Some(range_ms) => Expression::Raw { selector, range_ms },
        None => Expression::Rollup {
            rollup: Rollup::Default,
            selector,
            range_ms: None,
        },
    })
}

/// The rest of `name(...)`, `name(...) by (...)` or `name by (...) (...)`.
fn call(
    name: &str,
    lexer: &mut Lexer<'_>,
    version: Version,
    depth: usize,
) -> Result<Expression, Failure> {
    let lower = name.to_ascii_lowercase();
    if let Some(rollup) = Rollup::named(&lower) {
        expect(lexer, "(")?;
        let (selector, range_ms) = series(lexer, version)?;
        expect(lexer, ")")?;
        return Ok(Expression::Rollup {
            rollup,
            selector,
            range_ms,
        });
    }
    let takes_number = matches!(lower.as_str(), "topk" | "limitk");
    let Some(aggregate) = aggregate_named(&lower) else {
        return Err(Failure::Execution(format!("unknown func \"{name}\"")));
    };
    let mut grouping = read_grouping(lexer)?;
    expect(lexer, "(")?;
    let aggregate = if takes_number {
        let count = lexer.take_word().and_then(|word| word.parse().ok());
        let count = count.ok_or_else(|| unexpected(lexer))?;
        expect(lexer, ",")?;
        aggregate(count)
    } else {
        aggregate(0)
    };
    let inner = Box::new(read(lexer, version, depth + 1)?);
    expect(lexer, ")")?;
    if grouping.is_none() {
        grouping = read_grouping(lexer)?;
    }
    Ok(Expression::Aggregate {
        aggregate,
        grouping: grouping.unwrap_or(Grouping::By(Vec::new())),
        inner,
    })
}

fn aggregate_named(lower: &str) -> Option<fn(usize) -> Aggregate> {
    Some(match lower {
        "count" => |_| Aggregate::Count,
        "sum" => |_| Aggregate::Sum,
        "min" => |_| Aggregate::Min,
        "max" => |_| Aggregate::Max,
        "avg" => |_| Aggregate::Avg,
        "group" => |_| Aggregate::Group,
        "topk" => Aggregate::TopK,
        "limitk" => Aggregate::LimitK,
        _ => return None,
    })
}

fn read_grouping(lexer: &mut Lexer<'_>) -> Result<Option<Grouping>, Failure> {
    let make = if lexer.take_keyword("by") {
        Grouping::By
    } else if lexer.take_keyword("without") {
        Grouping::Without
    } else {
        return Ok(None);
    };
    expect(lexer, "(")?;
    let mut labels = Vec::new();
    while let Some(label) = lexer.take_word() {
        labels.push(label);
        if !lexer.take(",") {
            break;
        }
    }
    expect(lexer, ")")?;
    Ok(Some(make(labels)))
}

/// A selector, and its range if one follows.
fn series(lexer: &mut Lexer<'_>, version: Version) -> Result<(Selector, Option<i64>), Failure> {
    let selector = Selector::read(lexer, version)
        .map_err(Failure::BadParameter)?
        .ok_or_else(|| unexpected(lexer))?;
    if !lexer.take("[") {
        return Ok((selector, None));
    }
    let range = lexer.take_word().and_then(|word| duration_ms(&word));
    let range = range.ok_or_else(|| unexpected(lexer))?;
    expect(lexer, "]")?;
    Ok((selector, Some(range)))
}

fn expect(lexer: &mut Lexer<'_>, sign: &str) -> Result<(), Failure> {
    match lexer.take(sign) {
        true => Ok(()),
        false => Err(unexpected(lexer)),
    }
}

fn unexpected(lexer: &Lexer<'_>) -> Failure {
    let rest = lexer.rest();
    let token = rest.split_whitespace().next().unwrap_or_default();
    Failure::BadParameter(format!(
        "unexpected token \"{token}\"; unparsed data: \"{rest}\""
    ))
}

/// Milliseconds of `90`, `0.5`, `30s`, `1h30m`, `250ms`; `None` for anything else.
pub(crate) fn duration_ms(text: &str) -> Option<i64> {
    if text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && let Ok(seconds) = text.parse::<f64>()
    {
        return Some((seconds * 1_000.0).round() as i64);
    }
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_lowercase());
        let (unit, after) = rest.split_at(letters.unwrap_or(rest.len()));
        total += number
            * match unit {
                "ms" => 1.0,
                "s" => 1e3,
                "m" => 6e4,
                "h" => 3.6e6,
                "d" => 8.64e7,
                "w" => 6.048e8,
                "y" => 3.1536e10,
                _ => return None,
            };
        rest = after;
    }
    (!text.is_empty()).then_some(total.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(text: &str) -> Failure {
        parse(text, Version::V1_150).unwrap_err()
    }

    #[test]
    fn grouping_may_stand_before_or_behind() {
        for text in [
            "count(up) by (job,instance)",
            "count by (job, instance) (up)",
            "COUNT BY(job,instance)(up)",
        ] {
            let Ok(Expression::Aggregate { grouping, .. }) = parse(text, Version::V1_150) else {
                panic!("{text}");
            };
            assert_eq!(
                grouping,
                Grouping::By(vec!["job".into(), "instance".into()])
            );
        }
    }

    #[test]
    fn sides_of_or_are_read_inside_and_outside_of_aggregates() {
        for (text, selectors) in [("a or b OR c", 3), ("count(a or rate(b[5m])) by (job)", 2)] {
            let expression = parse(text, Version::V1_79).unwrap();
            assert_eq!(expression.selectors().len(), selectors, "{text}");
        }
        assert!(matches!(failure("a or"), Failure::BadParameter(_)));
    }

    #[test]
    fn durations_are_understood_in_all_spellings() {
        for (text, ms) in [
            ("90", 90_000),
            ("0.5", 500),
            ("1h30m", 5_400_000),
            ("250ms", 250),
        ] {
            assert_eq!(duration_ms(text), Some(ms), "{text}");
        }
        for text in ["", "h", "1x", "1h:30s", "-5m"] {
            assert_eq!(duration_ms(text), None, "{text}");
        }
    }

    #[test]
    fn what_the_demo_does_not_speak_is_an_error() {
        assert_eq!(
            failure("histogram_quantile(0.9, x)"),
            Failure::Execution("unknown func \"histogram_quantile\"".into())
        );
        assert_eq!(
            failure("up + 1"),
            Failure::BadParameter("unparsed data left: \"+ 1\"".into())
        );
        assert!(matches!(failure("sum(up"), Failure::BadParameter(_)));
        assert!(matches!(
            failure(&"sum(".repeat(99)),
            Failure::BadParameter(_)
        ));
    }
}
