//! From options, files and the environment to the credentials of a connection.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use secrecy::SecretString;
use vmapi::{Auth, Connection};

use crate::cli::ConnectionArgs;
use crate::failure::{Failure, unusable};
use crate::folders::absolute;
use crate::password_prompt;

/// Environment variable with the password for basic authentication.
const PASSWORD_VARIABLE: &str = "VMGATHER_SOURCE_PASSWORD";
/// Environment variable with a bearer token.
const TOKEN_VARIABLE: &str = "VMGATHER_SOURCE_TOKEN";

/// Longest secret that is read from a file, in bytes; tokens have a few thousand at most.
const MAX_SECRET_BYTES: u64 = 64 << 10;

/// Puts what was typed, and what the environment holds, into a connection.
pub(crate) fn apply(args: &ConnectionArgs, connection: &mut Connection) -> Result<(), Failure> {
    if let Some(auth) = from_options(args)? {
        connection.auth = auth;
    }
    match &mut connection.auth {
        Auth::Basic { password, .. } if password.is_none() => {
            *password = from_environment(PASSWORD_VARIABLE)?;
        }
        Auth::Bearer { token } if token.is_none() => {
            *token = from_environment(TOKEN_VARIABLE)?;
        }
        // Credentials in the URL were given for this server; the variable just happens to be set.
        Auth::None if !has_user_info(&connection.url) => {
            if let Some(token) = from_environment(TOKEN_VARIABLE)? {
                connection.auth = Auth::Bearer { token: Some(token) };
            }
        }
        _ => {}
    }
    if args.tls_cert.is_some() != args.tls_key.is_some() {
        return Err(Failure::usage(
            "`--tls-cert` and `--tls-key` need each other",
        ));
    }
    for (given, field) in [
        (&args.tls_ca, &mut connection.tls_ca),
        (&args.tls_cert, &mut connection.tls_cert),
        (&args.tls_key, &mut connection.tls_key),
    ] {
        if let Some(file) = given {
            File::open(file).map_err(|error| unusable("read", file, error))?;
            *field = Some(absolute(file)?);
        }
    }
    connection.skip_tls_verify |= args.tls_skip_verify;
    Ok(())
}

/// The credentials of the options; the password of `--user` may still be missing.
fn from_options(args: &ConnectionArgs) -> Result<Option<Auth>, Failure> {
    let kinds = [
        ("--user", args.user.is_some()),
        ("--bearer-token-file", args.bearer_token_file.is_some()),
        ("--header", args.header.is_some()),
    ];
    let given: Vec<&str> = kinds
        .iter()
        .filter(|(_, given)| *given)
        .map(|(name, _)| *name)
        .collect();
    if let [one, other, ..] = given[..] {
        return Err(Failure::usage(format!(
            "`{one}` and `{other}` are two ways to authenticate"
        ))
        .hint("give the one that the server expects"));
    }
    if args.password_file.is_some() && args.user.is_none() {
        return Err(Failure::usage("`--password-file` needs `--user`"));
    }
    if let Some(username) = &args.user {
        let password = match &args.password_file {
            Some(file) => Some(secret_file(file)?),
            None => match from_environment(PASSWORD_VARIABLE)? {
                Some(password) => Some(password),
                None => password_prompt::ask(username).map_err(|error| {
                    Failure::failed("cannot ask for the password").because(error)
                })?,
            },
        };
        if password.is_none() {
            return Err(Failure::usage("`--user` has no password").hint(format!(
                "give `--password-file FILE`, or set {PASSWORD_VARIABLE}"
            )));
        }
        return Ok(Some(Auth::Basic {
            username: username.clone(),
            password,
        }));
    }
    if let Some(file) = &args.bearer_token_file {
        let token = Some(secret_file(file)?);
        return Ok(Some(Auth::Bearer { token }));
    }
    args.header.as_deref().map(header).transpose()
}

/// `Name: value`; the value is not shown in the error, it may be what is right about it.
fn header(text: &str) -> Result<Auth, Failure> {
    let (name, value) = text
        .split_once(':')
        .map(|(name, value)| (name.trim(), value.trim()))
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
        .ok_or_else(|| Failure::usage("`--header` must have the form 'Name: value'"))?;
    Ok(Auth::Header {
        name: name.to_owned(),
        value: Some(SecretString::from(value)),
    })
}

fn secret_file(path: &Path) -> Result<SecretString, Failure> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_SECRET_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| unusable("read", path, error))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if text.len() as u64 > MAX_SECRET_BYTES || line.contains(char::is_control) {
        return Err(Failure::usage(format!(
            "`{}` must hold one line, the secret",
            path.display()
        )));
    }
    Ok(SecretString::from(line))
}

/// An empty variable is one that was meant to be filled and was not.
fn from_environment(name: &str) -> Result<Option<SecretString>, Failure> {
    match std::env::var(name) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(SecretString::from(text))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Failure::usage(format!("{name} is not valid UTF-8")))
        }
    }
}

/// Whether a URL carries a user name, without understanding the rest of it.
fn has_user_info(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    rest[..end].contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_info_is_seen_in_the_authority_only() {
        assert!(has_user_info("http://u:p@vm:8428/x"));
        assert!(has_user_info("u@vm"));
        assert!(!has_user_info("http://vm:8428/a@b"));
        assert!(!has_user_info("http://vm?x=@"));
    }

    #[test]
    fn a_header_is_split_at_its_first_colon() {
        let Ok(Auth::Header { name, .. }) = header("X-Key: a:b") else {
            panic!("not a header");
        };
        assert_eq!(name, "X-Key");
        for text in ["", "X-Key", ": a", "X-Key: "] {
            assert!(header(text).is_err(), "{text}");
        }
    }
}
