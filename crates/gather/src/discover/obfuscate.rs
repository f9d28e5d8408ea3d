//! A discovery that can be shown to others.

use std::path::{Path, PathBuf};

use privacy::{Collector, Map, Rewriter, Rules};

use super::found::{Discovery, FoundComponent, FoundJob};
use super::program::Program;
use super::warning::DiscoveryWarning;
use crate::error::Error;
use crate::map_file::{newest_map, save_map};

/// What stands for the server's own words.
const WITHHELD: &str = "the reason is not shown, since it may name hosts";

impl Discovery {
    /// The same with pseudonyms for jobs, those of `map` where it has them; new ones are added.
    ///
    /// The map is written into `folder` like that of an export, and its path returned; without a
    /// folder, or without a job, none is. Nothing tells the order of the originals.
    ///
    /// # Errors
    ///
    /// The jobs cannot be given pseudonyms, or the map cannot be written.
    pub fn obfuscated(
        self,
        map: Map,
        folder: Option<&Path>,
    ) -> Result<(Discovery, Option<PathBuf>), Error> {
        let rules = Rules::builder()
            .instance(true)
            .job(true)
            .build()
            .map_err(Error::Privacy)?;
        let map = match folder {
            Some(folder) => newest_map(folder, map)?,
            None => map,
        };
        let mut collector = Collector::new(&rules, map);
        for component in &self.components {
            if let Program::Known(known) = component.program {
                for job in &component.jobs {
                    collector.job_component(job.name.as_bytes(), known.as_str());
                }
            }
        }
        let jobs = || {
            let jobs = self.components.iter().flat_map(|found| &found.jobs);
            jobs.map(|job| (&b"job"[..], job.name.as_bytes()))
        };
        let rewriter = collector.finish(jobs).map_err(Error::Privacy)?;
        let written = match folder {
            Some(folder) if rewriter.replaced().any() => Some(save_map(folder, rewriter.map())?),
            _ => None,
        };
        let components = self.components.iter();
        let mut clean = Discovery {
            components: components
                .map(|found| component(found, &rewriter))
                .collect(),
            warnings: self
                .warnings
                .iter()
                .map(|one| warning(one, &rewriter))
                .collect(),
        };
        clean.warnings.sort_by_cached_key(|warning| match warning {
            DiscoveryWarning::SharedJob { job, .. } => Some(job.clone()),
            _ => None,
        });
        Ok((clean, written))
    }
}

fn component(found: &FoundComponent, rewriter: &Rewriter) -> FoundComponent {
    let job = |job: &FoundJob| FoundJob {
        name: rewriter.job(&job.name),
        ..job.clone()
    };
    let mut jobs: Vec<FoundJob> = found.jobs.iter().map(job).collect();
    jobs.sort_by(|a, b| a.name.cmp(&b.name));
    FoundComponent {
        program: program(&found.program, rewriter),
        jobs,
        ..found.clone()
    }
}

/// The name of an unknown program comes from the server and may be anything.
fn program(program: &Program, rewriter: &Rewriter) -> Program {
    match program {
        Program::Other(name) if rewriter.text(name) != *name => Program::Unknown,
        program => program.clone(),
    }
}

fn warning(warning: &DiscoveryWarning, rewriter: &Rewriter) -> DiscoveryWarning {
    match warning {
        DiscoveryWarning::SharedJob { job, programs } => DiscoveryWarning::SharedJob {
            job: rewriter.job(job),
            programs: programs.iter().map(|one| program(one, rewriter)).collect(),
        },
        DiscoveryWarning::NoJob {
            program: one,
            instances,
        } => DiscoveryWarning::NoJob {
            program: program(one, rewriter),
            instances: *instances,
        },
        DiscoveryWarning::CountsFailed(_) => DiscoveryWarning::CountsFailed(WITHHELD.to_owned()),
        DiscoveryWarning::Unrecognised { .. }
        | DiscoveryWarning::SeveralTenants(_)
        | DiscoveryWarning::Uncounted { .. } => warning.clone(),
    }
}

#[cfg(test)]
mod tests {
    use privacy::Key;
    use vmapi::Component;

    use super::*;

    fn found(program: Program, jobs: &[&str]) -> FoundComponent {
        let job = |name: &&str| FoundJob {
            name: (*name).to_owned(),
            instances: Some(1),
            series: Some(2),
        };
        FoundComponent {
            program,
            tenant: None,
            jobs: jobs.iter().map(job).collect(),
            instances: Some(1),
            series: Some(2),
        }
    }

    fn discovery() -> Discovery {
        Discovery {
            components: vec![
                found(
                    Program::Known(Component::VmAgent),
                    &["acme-a", "acme-b", "shared"],
                ),
                found(Program::Known(Component::VmAlert), &["shared"]),
                found(Program::Other("acme-a".to_owned()), &[]),
                found(Program::Other("victoria-logs".to_owned()), &[]),
            ],
            warnings: vec![
                DiscoveryWarning::SharedJob {
                    job: "shared".to_owned(),
                    programs: vec![Program::Other("acme-b".to_owned())],
                },
                DiscoveryWarning::CountsFailed("acme-a is down".to_owned()),
            ],
        }
    }

    fn new_map() -> Map {
        Map::new(Key::generate().unwrap()).unwrap()
    }

    #[test]
    fn no_job_is_told_and_the_map_leads_back() {
        let folder = tempfile::tempdir().unwrap();
        let (clean, map) = discovery()
            .obfuscated(new_map(), Some(folder.path()))
            .unwrap();
        let json = serde_json::to_string(&clean).unwrap();
        assert!(!json.contains("acme") && !json.contains("shared"), "{json}");
        assert!(
            json.contains("victoria-logs") && json.contains("\"unknown\""),
            "{json}"
        );
        let names: Vec<&str> = clean.components[0]
            .jobs
            .iter()
            .map(|job| &*job.name)
            .collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(
            names[0], "job-1",
            "the shared job is of no single component"
        );

        let map = Map::from_json(&std::fs::read(map.unwrap()).unwrap()).unwrap();
        let revealer = privacy::Revealer::new(&map);
        let mut revealed: Vec<String> = names.iter().map(|name| revealer.text(name)).collect();
        revealed.sort();
        assert_eq!(revealed, ["acme-a", "acme-b", "shared"]);
        let (again, _) = discovery().obfuscated(map, None).unwrap();
        assert_eq!(again, clean);
    }

    #[test]
    fn without_a_job_there_is_no_map() {
        let folder = tempfile::tempdir().unwrap();
        let (_, map) = Discovery::default()
            .obfuscated(new_map(), Some(folder.path()))
            .unwrap();
        assert_eq!(map, None);
    }
}
