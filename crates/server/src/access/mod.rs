//! Who may call: our own page, programs on this machine, and whoever has the token.
//!
//! A page of another site can make a browser send requests to us, but cannot choose their `Host`,
//! `Origin` and `Sec-Fetch-Site`. Where others can connect, or another user of this machine does,
//! these headers prove nothing, and a token is needed.

mod authority;
mod entrance;
mod peer;
mod secret;

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;

use self::authority::{host_of, same_authority};
pub(crate) use self::peer::Peer;
use self::secret::Secret;
use crate::error::Error;
use crate::headers::{self, is_api};
use crate::listen::Bound;
use crate::reply::Problem;

/// The one path that anyone may ask: whether the server is alive.
const HEALTH: &str = "/api/health";

/// What the person who starts the server says about access.
#[derive(Default)]
pub struct AccessOptions {
    /// The token; one is made where it is needed and not given.
    pub token: Option<SecretString>,
    /// Names by which the server is reached besides its address.
    pub hosts: Vec<String>,
    /// Connections are encrypted.
    pub tls: bool,
}

/// Decides about every request.
pub struct Access {
    open: bool,
    tls: bool,
    hosts: Vec<String>,
    /// The token, to be shown once to who starts the server.
    shown: Option<SecretString>,
    token: Option<Secret>,
    cookie: String,
    session: Secret,
    code: Mutex<Option<Secret>>,
    code_text: Mutex<Option<String>>,
}

impl Access {
    /// The rules for a port: without a token on loopback, with one elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::Random`].
    pub fn new(bound: &Bound, options: AccessOptions) -> Result<Arc<Self>, Error> {
        let open = !bound.is_loopback();
        let made = match &options.token {
            None if open => Some(SecretString::from(secret::random_text()?)),
            _ => None,
        };
        let token = options.token.as_ref().or(made.as_ref());
        let mut hosts = options.hosts;
        hosts.push(bound.host().to_owned());
        for host in &mut hosts {
            host.make_ascii_lowercase();
        }
        hosts.retain(|host| !host.is_empty());
        let code = secret::random_text()?;
        Ok(Arc::new(Self {
            open,
            tls: options.tls,
            hosts,
            token: token.map(Secret::of),
            shown: made,
            cookie: format!("vmgather_{}", bound.address().port()),
            session: Secret::of(&SecretString::from(secret::random_text()?)),
            code: Mutex::new(Some(Secret::of(&SecretString::from(code.clone())))),
            code_text: Mutex::new(Some(code)),
        }))
    }

    /// The token that was made, to be printed for the person.
    #[must_use]
    pub fn made_token(&self) -> Option<&SecretString> {
        self.shown.as_ref()
    }

    /// The path of the page with the code that opens it once; `None` the second time.
    #[must_use]
    pub fn start_path(&self) -> Option<String> {
        let code = lock(&self.code_text).take()?;
        Some(format!("{}?code={code}", entrance::START))
    }

    /// Puts the rules, the entrance and the headers of every reply around a router.
    pub fn protect(self: &Arc<Self>, app: Router) -> Router {
        app.merge(entrance::routes(self.clone()))
            .layer(from_fn_with_state(self.clone(), guard))
            .layer(axum::middleware::from_fn(headers::add))
    }

    fn check(&self, request: &Request) -> Result<Pass, Problem> {
        let path = request.uri().path();
        if path == HEALTH {
            return Ok(Pass::Free);
        }
        let headers = request.headers();
        self.check_framing(headers)?;
        self.check_host(request)?;
        if is_api(path) {
            check_site(headers)?;
            check_origin(headers, false)?;
        } else if path == entrance::LOGIN {
            check_site(headers)?;
            // A form of a page without a referrer, as ours are, tells no origin; whoever forges one
            // needs the token.
            check_origin(headers, true)?;
        }
        let kin = request.extensions().get::<Peer>();
        let needs_token = self.open || kin.is_none_or(Peer::is_stranger);
        if !needs_token || self.is_authorized(headers) || entrance::is_free(path) {
            return Ok(Pass::Free);
        }
        if !is_api(path) {
            return Ok(Pass::Login);
        }
        Err(self.no_token())
    }

    /// Two statements about the length of a body are how requests are smuggled past a proxy.
    fn check_framing(&self, headers: &HeaderMap) -> Result<(), Problem> {
        use axum::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
        let lengths = headers.get_all(CONTENT_LENGTH).iter().count();
        if lengths > 1 || lengths == 1 && headers.contains_key(TRANSFER_ENCODING) {
            return Err(Problem::bad_request(
                "the request states the length of its body twice",
            ));
        }
        Ok(())
    }

    fn check_host(&self, request: &Request) -> Result<(), Problem> {
        let refused = |why: &str| {
            Err(Problem::new(StatusCode::FORBIDDEN, why)
                .code("forbidden_host")
                .hint("start the server with `--allow-host NAME` to reach it by another name"))
        };
        let mut named = request.headers().get_all(HOST).iter();
        let (Some(host), None) = (named.next(), named.next()) else {
            return refused("a request needs one `Host` header");
        };
        let Ok(host) = host.to_str() else {
            return refused("the `Host` header is not text");
        };
        if let Some(authority) = request.uri().authority()
            && !authority.as_str().eq_ignore_ascii_case(host)
        {
            return refused("the request names two hosts");
        }
        match host_of(host) {
            Some(name) if self.is_ours(&name) => Ok(()),
            _ => refused("this server is not known by the name in the `Host` header"),
        }
    }

    fn is_ours(&self, host: &str) -> bool {
        if host == "localhost" || self.hosts.iter().any(|own| own == host) {
            return true;
        }
        // A name can be made to point at us, an address cannot.
        host.parse::<std::net::IpAddr>()
            .is_ok_and(|ip| self.open || ip.to_canonical().is_loopback())
    }

    fn is_authorized(&self, headers: &HeaderMap) -> bool {
        let bearer = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        if let (Some(given), Some(token)) = (bearer, &self.token) {
            return token.is(given);
        }
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(name, value)| name == self.cookie && self.session.is(value))
    }

    fn no_token(&self) -> Problem {
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "an access token is needed")
            .code("token_required");
        if self.open {
            problem.hint("send `Authorization: Bearer <token>`; the token was shown at the start")
        } else {
            problem.hint(
                "you are another user than the one who started the server; it accepts others only \
                 with the token of `--token-file`",
            )
        }
    }

    /// Whether this is the code that opens the page; it is spent by that.
    fn spend_code(&self, given: &str) -> bool {
        let mut code = lock(&self.code);
        let right = code.as_ref().is_some_and(|code| code.is(given));
        if right {
            *code = None;
        }
        right
    }

    fn is_token(&self, given: &str) -> bool {
        self.token.as_ref().is_some_and(|token| token.is(given))
    }

    fn set_cookie(&self) -> String {
        let secure = if self.tls { "; Secure" } else { "" };
        format!(
            "{}={}; Path=/; HttpOnly; SameSite=Strict{secure}",
            self.cookie,
            self.session.expose()
        )
    }
}

fn check_site(headers: &HeaderMap) -> Result<(), Problem> {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    if sites.all(|site| site == "same-origin" || site == "none") {
        return Ok(());
    }
    Err(cross_site())
}

fn check_origin(headers: &HeaderMap, untold: bool) -> Result<(), Problem> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let is_ours = |origin: &HeaderValue| {
        let both = origin.to_str().ok().zip(host);
        both.is_some_and(|(origin, host)| same_authority(origin, host))
    };
    let mut origins = headers.get_all(ORIGIN).iter();
    if origins.all(|origin| is_ours(origin) || untold && origin == "null") {
        return Ok(());
    }
    Err(cross_site())
}

fn cross_site() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "requests of other sites are refused").code("cross_site")
}

/// What a request that is not refused gets.
enum Pass {
    /// Its answer.
    Free,
    /// The page that asks for the token.
    Login,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn guard(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    match access.check(&request) {
        Ok(Pass::Free) => next.run(request).await,
        Ok(Pass::Login) => entrance::login_page(false),
        Err(problem) => {
            tracing::warn!(
                path = request.uri().path(),
                reason = problem.text(),
                "refused"
            );
            problem.into_response()
        }
    }
}
