//! The result of a discovery, and its JSON form.

use std::collections::{BTreeMap, BTreeSet};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use vmapi::Tenant;

use super::program::Program;
use super::target::Target;
use super::tenants::Survey;
use super::warning::DiscoveryWarning;

/// The components of an installation.
///
/// As JSON: `components`, a list of [`FoundComponent`]s, and `warnings`, a list of sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Sorted by name, then tenant.
    pub components: Vec<FoundComponent>,
    /// What to know about them.
    pub warnings: Vec<DiscoveryWarning>,
}

/// One component, in one tenant where several were read.
///
/// As JSON:
///
/// | field | type | meaning |
/// |---|---|---|
/// | `component` | string | `vmstorage`, `vmsingle`, ...; `unknown` if it cannot be told |
/// | `tenant` | string | `accountID:projectID`; absent unless tenants were read by name or all at once |
/// | `jobs` | list of strings | sorted |
/// | `instance_count` | int | distinct instances; -1 unknown |
/// | `metrics_count_estimate` | int | series; -1 unknown |
/// | `job_metrics` | object, job to int | series by job, without jobs of which it is unknown; absent if it is empty |
/// | `job_instances` | object, job to int | distinct instances by job, without jobs of which it is unknown |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundComponent {
    /// What it is.
    pub program: Program,
    /// Whose data it was found in, if tenants were told apart.
    pub tenant: Option<Tenant>,
    /// The jobs in which it was seen, sorted by name; instances without a job are in none.
    pub jobs: Vec<FoundJob>,
    /// Distinct instances, those without a job included; `None` where one has no `instance` label.
    pub instances: Option<u64>,
    /// Series of all instances; `None` if it is unknown of one of them.
    pub series: Option<u64>,
}

/// What of a component is in one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundJob {
    /// The exact name.
    pub name: String,
    /// Distinct instances of the component in this job; `None` where one has no `instance` label.
    pub instances: Option<u64>,
    /// Series of the component in this job, those of others that share it not counted; `None` if it
    /// is unknown of one instance.
    pub series: Option<u64>,
}

/// A target of a component and the number of its series.
type Counted<'a> = (&'a Target, Option<u64>);

impl Discovery {
    pub(super) fn new(survey: Survey) -> Self {
        let mut by_component: BTreeMap<(&Program, Option<Tenant>), Vec<Counted<'_>>> =
            BTreeMap::new();
        let mut by_job: BTreeMap<&str, BTreeSet<&Program>> = BTreeMap::new();
        let mut uncounted = 0;
        for (target, programs) in &survey.programs {
            // Series of an address that was used again belong to one or the other.
            let count = match programs.len() {
                1 => survey.counts.get(target).copied(),
                _ => None,
            };
            uncounted += usize::from(count.is_none());
            for program in programs {
                let key = (program, target.tenant);
                by_component.entry(key).or_default().push((target, count));
                by_job.entry(&target.job).or_default().insert(program);
            }
        }
        let mut warnings = survey.warnings;
        let tenants: BTreeSet<Tenant> = survey.programs.keys().filter_map(|t| t.tenant).collect();
        if tenants.len() > 1 {
            warnings.push(DiscoveryWarning::SeveralTenants(
                tenants.into_iter().collect(),
            ));
        }
        for ((program, _), targets) in &by_component {
            let jobless = targets.iter().filter(|(t, _)| t.job.is_empty()).count();
            if jobless > 0 {
                warnings.push(DiscoveryWarning::NoJob {
                    program: (*program).clone(),
                    instances: jobless,
                });
            }
            if **program == Program::Unknown {
                warnings.push(DiscoveryWarning::Unrecognised {
                    instances: targets.len(),
                });
            }
        }
        for (job, programs) in by_job {
            if programs.len() > 1 && !job.is_empty() {
                warnings.push(DiscoveryWarning::SharedJob {
                    job: job.to_owned(),
                    programs: programs.into_iter().cloned().collect(),
                });
            }
        }
        if uncounted > 0 {
            warnings.push(DiscoveryWarning::Uncounted {
                instances: uncounted,
            });
        }
        let component = |((program, tenant), targets): ((&Program, _), Vec<Counted<'_>>)| {
            FoundComponent::new(program.clone(), tenant, &targets)
        };
        Self {
            components: by_component.into_iter().map(component).collect(),
            warnings,
        }
    }
}

impl FoundComponent {
    fn new(program: Program, tenant: Option<Tenant>, targets: &[Counted<'_>]) -> Self {
        let mut by_job: BTreeMap<&str, Vec<Counted<'_>>> = BTreeMap::new();
        for counted in targets {
            by_job.entry(&counted.0.job).or_default().push(*counted);
        }
        by_job.remove("");
        Self {
            program,
            tenant,
            jobs: by_job
                .into_iter()
                .map(|(job, targets)| FoundJob {
                    name: job.to_owned(),
                    instances: instances(&targets),
                    series: series(&targets),
                })
                .collect(),
            instances: instances(targets),
            series: series(targets),
        }
    }
}

fn instances(targets: &[Counted<'_>]) -> Option<u64> {
    let names: BTreeSet<&str> = targets.iter().map(|(t, _)| t.instance.as_str()).collect();
    (!names.contains("")).then_some(names.len() as u64)
}

fn series(targets: &[Counted<'_>]) -> Option<u64> {
    targets.iter().map(|(_, count)| *count).sum()
}

impl Serialize for Discovery {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let warnings: Vec<String> = self.warnings.iter().map(ToString::to_string).collect();
        let mut fields = serializer.serialize_struct("Discovery", 2)?;
        fields.serialize_field("components", &self.components)?;
        fields.serialize_field("warnings", &warnings)?;
        fields.end()
    }
}

impl Serialize for FoundComponent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let jobs: Vec<&str> = self.jobs.iter().map(|job| job.name.as_str()).collect();
        let by_job = |of: fn(&FoundJob) -> Option<u64>| -> BTreeMap<&str, u64> {
            let known = |job: &FoundJob| of(job).is_some();
            let jobs = self.jobs.iter().filter(|job| known(job));
            jobs.filter_map(|job| Some((job.name.as_str(), of(job)?)))
                .collect()
        };
        let series = by_job(|job| job.series);
        let mut fields = serializer.serialize_struct("FoundComponent", 7)?;
        fields.serialize_field("component", &self.program)?;
        if let Some(tenant) = self.tenant {
            fields.serialize_field("tenant", &both_numbers(tenant))?;
        }
        fields.serialize_field("jobs", &jobs)?;
        fields.serialize_field("instance_count", &or_minus_one(self.instances))?;
        fields.serialize_field("metrics_count_estimate", &or_minus_one(self.series))?;
        if !series.is_empty() {
            fields.serialize_field("job_metrics", &series)?;
        }
        fields.serialize_field("job_instances", &by_job(|job| job.instances))?;
        fields.end()
    }
}

/// Servers list tenants with both numbers, and so do we, so that texts can be compared.
fn both_numbers(tenant: Tenant) -> String {
    match tenant {
        Tenant::Single { account, project } => format!("{account}:{project}"),
        Tenant::All => tenant.to_string(),
    }
}

/// Unknown numbers as the HTTP API has them.
pub(super) fn or_minus_one(count: Option<u64>) -> i64 {
    count.map_or(-1, |count| i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vmapi::Component;

    fn target(job: &str, instance: &str) -> Target {
        Target {
            tenant: None,
            job: job.to_owned(),
            instance: instance.to_owned(),
        }
    }

    fn survey(targets: &[(&str, &str, &[Component], Option<u64>)]) -> Survey {
        let mut survey = Survey::default();
        for (job, instance, programs, count) in targets {
            let target = target(job, instance);
            if let Some(count) = count {
                survey.counts.insert(target.clone(), *count);
            }
            let programs = programs.iter().map(|program| Program::Known(*program));
            survey.programs.insert(target, programs.collect());
        }
        survey
    }

    #[test]
    fn components_in_one_job_share_its_series_without_doubling() {
        let found = Discovery::new(survey(&[
            ("edge", "a:1", &[Component::VmInsert], Some(10)),
            ("edge", "b:1", &[Component::VmInsert], Some(20)),
            ("edge", "c:1", &[Component::VmAuth], Some(5)),
        ]));
        let series: Vec<_> = found.components.iter().map(|c| c.series).collect();
        assert_eq!(series, [Some(5), Some(30)]);
        assert_eq!(found.components[1].jobs[0].instances, Some(2));
        assert!(
            found.warnings[0]
                .to_string()
                .contains("`vmauth`, `vminsert`")
        );
    }

    #[test]
    fn an_instance_in_two_jobs_is_one_instance() {
        let found = Discovery::new(survey(&[
            ("one", "a:1", &[Component::VmAgent], Some(10)),
            ("two", "a:1", &[Component::VmAgent], Some(10)),
        ]));
        let agent = &found.components[0];
        assert_eq!((agent.instances, agent.series), (Some(1), Some(20)));
        assert_eq!(agent.jobs.len(), 2);
    }

    #[test]
    fn what_is_unknown_is_minus_one_and_never_zero() {
        let found = Discovery::new(survey(&[
            ("a", "", &[Component::VmAgent], Some(10)),
            ("b", "b:1", &[Component::VmAgent], None),
        ]));
        let json = serde_json::to_value(&found).unwrap();
        assert_eq!(
            json["components"][0],
            serde_json::json!({
                "component": "vmagent",
                "jobs": ["a", "b"],
                "instance_count": -1,
                "metrics_count_estimate": -1,
                "job_metrics": {"a": 10},
                "job_instances": {"b": 1},
            })
        );
        assert_eq!(json["warnings"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn an_address_that_was_used_again_has_an_unknown_number_of_series() {
        let both = &[Component::VmAgent, Component::VmAuth];
        let found = Discovery::new(survey(&[("edge", "a:1", both, Some(10))]));
        assert!(found.components.iter().all(|c| c.series.is_none()));
    }

    #[test]
    fn instances_without_a_job_are_counted_and_warned_about() {
        let found = Discovery::new(survey(&[("", "a:1", &[Component::VmAgent], Some(10))]));
        assert_eq!(found.components[0].jobs, []);
        assert_eq!(found.components[0].instances, Some(1));
        assert!(
            found.warnings[0]
                .to_string()
                .contains("without a `job` label")
        );
    }
}
