//! The programs of one customer, with everything in their flags that could tell who it is.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use testkit::{EVERYTHING, VmServer, VmVersion};

use crate::component::Component;

const SCRAPE: &str = include_str!("installation/scrape.yml");
const VMAGENT: &str = include_str!("installation/vmagent.yml");
const AUTH: &str = include_str!("installation/auth.yml");
const RULES: &str = include_str!("installation/rules.yml");

/// The ports that the documentation gives, in place of those that were free.
const USUAL_PORTS: [(&str, &str); 3] = [
    ("VMAGENT_PORT", "8429"),
    ("VMAUTH_PORT", "8427"),
    ("VMALERT_PORT", "8880"),
];

/// Components with flags full of secrets, and a database that scrapes them and itself.
pub(crate) struct Installation {
    database: VmServer,
    components: Vec<Component>,
    folder: TempDir,
}

impl Installation {
    /// Starts everything and waits until every component has been scraped.
    pub(crate) fn start(version: VmVersion) -> Self {
        let folder = TempDir::with_prefix("privacy-").unwrap();
        let place = |name: &str, content: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            path
        };
        let newer = version == VmVersion::V1_112;
        let start = |program: &str, flags: Vec<String>| {
            Component::start(version, program, folder.path(), &flags)
        };
        let components = vec![
            start(
                "vmagent",
                vmagent_flags(
                    &place("etc/quillbank/vmagent.yml", VMAGENT),
                    folder.path(),
                    newer,
                ),
            ),
            start(
                "vmauth",
                vmauth_flags(&place("etc/quillbank/auth.yml", AUTH)),
            ),
            start(
                "vmalert",
                vmalert_flags(&place("etc/quillbank/tallyho-rules.yml", RULES)),
            ),
        ];
        let mut scrape = SCRAPE.to_owned();
        for ((name, _), component) in USUAL_PORTS.into_iter().zip(&components) {
            scrape = scrape.replace(name, &component.port().to_string());
        }
        let scrape = place("etc/quillbank/scrape.yml", &scrape);
        let flags = database_flags(&scrape, &folder.path().join("srv/quillbank/vmdata"));
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let installation = Self {
            database: VmServer::start(version, &flags),
            components,
            folder,
        };
        for job in [
            "quillbank-vmagent",
            "quillbank-vmauth",
            "Quillbank Zürich",
            "tallyho-selfmon",
        ] {
            let selector = format!("vm_app_start_timestamp{{job=\"{job}\"}}");
            installation.database.wait_for_samples(&selector, 1);
        }
        installation
            .database
            .wait_for_samples(r#"up{job="tallyho-dead"}"#, 1);
        installation
    }

    /// Every series with its samples so far, as JSON lines.
    pub(crate) fn lines(&self) -> Vec<u8> {
        self.database.flush();
        self.database
            .export_json_lines(EVERYTHING, 0, 4_000_000_000_000)
    }

    /// The folder in which all files of the programs lie; its name stands in their flags.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A text without what belongs to this machine and run: folder and ports.
    pub(crate) fn without_machine(&self, text: &str) -> String {
        let folder = self.folder.path().to_str().unwrap();
        let mut text = text.replace(folder, "");
        for ((_, usual), component) in USUAL_PORTS.into_iter().zip(&self.components) {
            text = text.replace(
                &format!("127.0.0.1:{}", component.port()),
                &format!("127.0.0.1:{usual}"),
            );
        }
        let database = self.database.url();
        text.replace(database.trim_start_matches("http://"), "127.0.0.1:8428")
    }
}

fn vmagent_flags(config: &Path, folder: &Path, newer: bool) -> Vec<String> {
    let mut flags = vec![
        format!("-promscrape.config={}", config.display()),
        format!(
            "-remoteWrite.tmpDataPath={}",
            folder.join("srv/quillbank/vmagent").display()
        ),
    ];
    flags.extend(
        [
            "-remoteWrite.showURL",
            "-remoteWrite.url=http://svc-writer:Tr0ub4dor%263@198.51.100.41:8480/insert/4711/prometheus/api/v1/write",
            "-remoteWrite.url=http://[2001:db8:ac3e::7]:8480/insert/0/prometheus?token=9f8e7d6c5b4a39281706f5e4d3c2b1a0",
            "-remoteWrite.url=https://vminsert.größe-quillbank.example/api/v1/write",
            "-remoteWrite.basicAuth.username=svc-writer",
            "-remoteWrite.oauth2.clientID=6f1c2b9e-4d37-4a85-9c0e-d2b7f3a81e65",
            "-remoteWrite.oauth2.scopes=tallyho.write",
            "-remoteWrite.aws.roleARN=arn:aws:iam::471147114711:role/tallyho-writer",
            "-remoteWrite.headers=X-Scope: tallyho^^Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJxdWlsbGJhbmsifQ.c2lnbmF0dXJl",
            "-remoteWrite.proxyURL=http://proxy:Pr0xy-Pass@203.0.113.3:3128",
            "-remoteWrite.tlsServerName=vminsert.quillbank.example",
            "-remoteWrite.label=datacenter=fra7-vault",
            "-remoteWrite.label=owner=erika.mustermann@quillbank.example",
            "-promscrape.cluster.name=tallyho-scrapers",
            "-influx.databaseNames=tallyho,quillbank",
            "-promscrape.suppressScrapeErrors",
        ]
        .map(str::to_owned),
    );
    if newer {
        flags.push("-promscrape.cluster.memberURLTemplate=http://vmagent-%d.tallyho.svc.cluster.local:8429/targets".to_owned());
    }
    flags
}

fn vmauth_flags(config: &Path) -> Vec<String> {
    vec![format!("-auth.config={}", config.display())]
}

fn vmalert_flags(rules: &Path) -> Vec<String> {
    let rules = PathBuf::from(rules).with_file_name("tallyho-*.yml");
    let mut flags = vec![format!("-rule={}", rules.display())];
    flags.extend(
        [
            "-datasource.url=http://svc-reader:Op3n-S3same@203.0.113.42:8481/select/4711/prometheus",
            "-datasource.basicAuth.username=svc-reader",
            "-remoteWrite.url=http://svc-writer:Tr0ub4dor%263@203.0.113.45:8480/insert/4711/prometheus",
            "-remoteWrite.showURL",
            "-notifier.url=http://notifier:N0tify-Me@203.0.113.44:9093",
            "-notifier.url=http://[2001:db8:ac3e::7]:9093",
            "-external.url=https://alerts.quillbank.example/vmalert",
            "-external.label=customer=quillbank",
            "-external.label=zone=fra7-vault",
            "-external.alert.source=explore?left=quillbank",
        ]
        .map(str::to_owned),
    );
    flags
}

fn database_flags(scrape: &Path, data: &Path) -> Vec<String> {
    vec![
        format!("-promscrape.config={}", scrape.display()),
        format!("-storageDataPath={}", data.display()),
        "-selfScrapeInterval=1s".to_owned(),
        "-selfScrapeJob=tallyho-selfmon".to_owned(),
        "-selfScrapeInstance=db7.quillbank.example:8428".to_owned(),
        "-vmalert.proxyURL=http://[fd12:ac3e::9]:8880".to_owned(),
        "-promscrape.suppressScrapeErrors".to_owned(),
        "-influx.databaseNames=tallyho".to_owned(),
    ]
}
