use super::lexer::{Lexer, Token};
use super::matcher::Matcher;
use crate::Version;
use crate::data::Series;

/// A series selector: groups of matchers joined with `or`.
#[derive(Debug, Clone)]
pub(crate) struct Selector {
    groups: Vec<Vec<Matcher>>,
}

impl Selector {
    /// Reads a whole `match[]` value; the error is the server's text, without what was parsed.
    pub(crate) fn parse(text: &str, version: Version) -> Result<Selector, String> {
        let mut lexer = Lexer::new(text);
        let selector = Selector::read(&mut lexer, version)?;
        match selector {
            Some(selector) if lexer.rest().is_empty() => Ok(selector),
            _ => Err(format!("expecting metricSelector; got \"{text}\"")),
        }
    }

    /// Reads the selector at the front; `None` if something else stands there.
    pub(crate) fn read(
        lexer: &mut Lexer<'_>,
        version: Version,
    ) -> Result<Option<Selector>, String> {
        let name = lexer.take_word();
        if !lexer.take("{") {
            return Ok(name.map(|name| Selector {
                groups: vec![vec![Matcher::equals("__name__", &name)]],
            }));
        }
        let named = |name: &String| Matcher::equals("__name__", name);
        let mut groups = vec![Vec::from_iter(name.as_ref().map(named))];
        loop {
            if lexer.take("}") {
                break;
            }
            let last = groups.len() - 1;
            groups[last].push(matcher(lexer)?);
            if lexer.take("}") {
                break;
            }
            if version.knows_or_in_selectors() && lexer.take_keyword("or") {
                groups.push(Vec::from_iter(name.as_ref().map(named)));
            } else if !lexer.take(",") {
                return Err(unexpected(lexer, "want \",\", \"or\", \"}\""));
            }
        }
        if groups.iter().any(Vec::is_empty) {
            return Err(match version {
                Version::V1_79 => "labelFilters cannot be empty".to_owned(),
                _ => "labelFilterss cannot be empty".to_owned(),
            });
        }
        Ok(Some(Selector { groups }))
    }

    pub(crate) fn matches(&self, series: &Series<'_>) -> bool {
        self.groups
            .iter()
            .any(|group| group.iter().all(|matcher| matcher.matches(series)))
    }
}

fn matcher(lexer: &mut Lexer<'_>) -> Result<Matcher, String> {
    let Some(label) = lexer.take_word() else {
        return Err(unexpected(lexer, "want \"ident\""));
    };
    let sign = match lexer.next_token() {
        Some(Token::Sign(sign @ ("=" | "!=" | "=~" | "!~"))) => sign,
        _ => return Err(unexpected(lexer, "want \"=\", \"!=\", \"=~\" or \"!~\"")),
    };
    match lexer.next_token() {
        Some(Token::Text(value)) => Matcher::new(&label, sign, &value),
        _ => Err(unexpected(lexer, "want \"string\"")),
    }
}

fn unexpected(lexer: &Lexer<'_>, wanted: &str) -> String {
    let rest = lexer.rest();
    let token = rest.split_whitespace().next().unwrap_or_default();
    format!("labelFilterExpr: unexpected token \"{token}\"; {wanted}; unparsed data: \"{rest}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Installation, Owner, View};

    fn count(text: &str) -> usize {
        let all = View {
            installation: Installation::demo(Version::V1_150, 1_795_000_000_000).into(),
            owner: Owner::Single,
            partial: false,
        };
        let selector = Selector::parse(text, Version::V1_150).unwrap();
        all.series().filter(|s| selector.matches(s)).count()
    }

    #[test]
    fn the_four_signs_select_as_in_metricsql() {
        assert_eq!(count("up"), 13);
        assert_eq!(count(r#"up{job="vmstorage"}"#), 3);
        assert_eq!(count(r#"up{job!="vmstorage"}"#), 10);
        assert_eq!(count(r#"up{job=~"vmagent-.*"}"#), 2);
        assert_eq!(
            count(r#"up{job=~"vmagent"}"#),
            0,
            "regular expressions are anchored"
        );
        assert_eq!(count(r#"up{job!~"vm.*"}"#), 2);
        assert_eq!(count(r#"{__name__="up",pod=""}"#), 4);
    }

    #[test]
    fn groups_are_joined_with_or() {
        assert_eq!(count(r#"up{job="vmalert" or job="vmselect"}"#), 3);
        assert_eq!(
            count(r#"{__name__="up",job="vmalert" or pod="vmstorage-0",__name__="up"}"#),
            2
        );
    }

    #[test]
    fn mistakes_are_told_as_the_servers_do() {
        let error = |text: &str, version| Selector::parse(text, version).unwrap_err();
        assert_eq!(
            error("{", Version::V1_150),
            "labelFilterExpr: unexpected token \"\"; want \"ident\"; unparsed data: \"\""
        );
        assert_eq!(
            error("{}", Version::V1_150),
            "labelFilterss cannot be empty"
        );
        assert_eq!(error("{}", Version::V1_79), "labelFilters cannot be empty");
        assert_eq!(
            error("sum(x)", Version::V1_150),
            "expecting metricSelector; got \"sum(x)\""
        );
        assert!(error("{a=~\"[\"}", Version::V1_150).contains("invalid regexp in a=\"[\""));
        assert!(Selector::parse("{a=\"1\" or b=\"2\"}", Version::V1_79).is_err());
    }
}
