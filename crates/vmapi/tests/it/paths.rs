//! A server that answers by method and path, for clients that ask several things at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::server::{Reply, answer_with};

pub(crate) struct Paths {
    pub(crate) url: String,
    lines: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Paths {
    /// Answers `METHOD /path`, whatever the query string, as given, and anything else with 404.
    pub(crate) async fn start(replies: impl IntoIterator<Item = (String, Reply)>) -> Self {
        let replies: HashMap<_, _> = replies.into_iter().collect();
        let replies = Arc::new(replies);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let lines = Arc::new(Mutex::new(Vec::new()));
        let seen = lines.clone();
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (replies, seen) = (replies.clone(), seen.clone());
                tokio::spawn(async move {
                    let choose = |line: &str| {
                        let asked = line.split('?').next().unwrap_or_default();
                        let found = replies.get(asked).cloned();
                        found.unwrap_or_else(|| Reply::new(404, "", "no such path"))
                    };
                    let Some((request, is_held)) = answer_with(&mut stream, choose).await else {
                        return;
                    };
                    seen.lock().unwrap().push(request.line);
                    if is_held {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Self { url, lines, task }
    }

    /// The requests so far, such as `GET /metrics`.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

impl Drop for Paths {
    fn drop(&mut self) {
        self.task.abort();
    }
}
