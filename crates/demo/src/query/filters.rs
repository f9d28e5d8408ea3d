use super::matcher::Matcher;
use super::selector::Selector;
use crate::data::Series;

/// What `extra_label` and `extra_filters[]` add to every selector of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filters {
    /// All must hold.
    pub(crate) labels: Vec<Matcher>,
    /// One must hold, if there are any.
    pub(crate) any_of: Vec<Selector>,
}

impl Filters {
    pub(crate) fn admit(&self, series: &Series<'_>) -> bool {
        self.labels.iter().all(|matcher| matcher.matches(series))
            && (self.any_of.is_empty() || self.any_of.iter().any(|s| s.matches(series)))
    }
}

/// What a request asks for: the series that some selector and all filters admit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    /// Without any selector every series is meant.
    pub(crate) any_of: Vec<Selector>,
    pub(crate) filters: Filters,
}

impl Selection {
    pub(crate) fn admits(&self, series: &Series<'_>) -> bool {
        (self.any_of.is_empty() || self.any_of.iter().any(|s| s.matches(series)))
            && self.filters.admit(series)
    }
}
