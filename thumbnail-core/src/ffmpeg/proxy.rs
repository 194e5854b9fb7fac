//! The proxy for http and https addresses.
//!
//! ffmpeg reads only the environment variables `http_proxy`, which it uses for https as well, and `no_proxy`,
//! both in lower case. Other programs also read `https_proxy`, `all_proxy` and the names in upper case. This
//! module follows the same rules as those programs, and sets ffmpeg's two variables.

use std::process::Command;

use url::Url;

use crate::error::{Error, Result};
use crate::video::{Source, without_secrets};

/// The only kind of proxy that ffmpeg supports.
const SCHEME: &str = "http://";

/// The value of the first of these environment variables that is set and not empty.
fn variable(names: &[&str]) -> Option<String> {
    let value = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    names.iter().find_map(value)
}

/// The hosts to connect to directly: names, domains, or `*`, separated by commas or spaces.
fn exceptions() -> Option<String> {
    variable(&["no_proxy", "NO_PROXY"])
}

/// Is `host` one of the `exceptions`? By ffmpeg's rules: `example.com`, `.example.com` and `*.example.com` all mean
/// that host and those below it.
fn is_excepted(host: &str, exceptions: &str) -> bool {
    exceptions.split([',', ' ']).any(|pattern| {
        let domain = pattern.strip_prefix('*').unwrap_or(pattern);
        let domain = domain.strip_prefix('.').unwrap_or(domain);
        let above = host.strip_suffix(domain);
        let is_below = above.is_some_and(|above| above.is_empty() || above.ends_with('.'));
        pattern == "*" || !domain.is_empty() && is_below
    })
}

/// The URL of the proxy for an address; `None` if the environment names none.
fn proxy(address: &str) -> Option<String> {
    let proxy = if address.starts_with("https:") {
        variable(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
    } else if std::env::var_os("REQUEST_METHOD").is_some() {
        // In a CGI program `HTTP_PROXY` is not trusted: any client can set it by a `Proxy` header ("httpoxy").
        variable(&["http_proxy", "all_proxy", "ALL_PROXY"])
    } else {
        variable(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
    }?;
    Some(if proxy.contains("://") {
        proxy
    } else {
        format!("{SCHEME}{proxy}")
    })
}

/// Checks that ffmpeg supports the proxy that the environment names for a source.
///
/// # Errors
/// [`Error::Proxy`] if not. ffmpeg itself would ignore such a proxy, connect directly, and report that the
/// server cannot be reached.
pub(crate) fn check(source: &Source) -> Result<()> {
    match source {
        Source::Url(address) => match proxy(address) {
            Some(proxy) if !proxy.starts_with(SCHEME) && !is_direct(address) => {
                Err(Error::Proxy(without_secrets(&proxy)))
            }
            _ => Ok(()),
        },
        Source::File(_) => Ok(()),
    }
}

/// Does the environment say to connect to the server of `address` directly?
fn is_direct(address: &str) -> bool {
    let host = Url::parse(address)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.zip(exceptions())
        .is_some_and(|(host, exceptions)| is_excepted(&host, &exceptions))
}

/// Sets the proxy for `address` in the environment of an ffmpeg command.
pub(super) fn set(command: &mut Command, address: &str) {
    command.env_remove("http_proxy");
    if let Some(proxy) = proxy(address) {
        command.env("http_proxy", proxy);
    }
    if let Some(exceptions) = exceptions() {
        command.env("no_proxy", exceptions);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_hosts_and_domains() {
        let exceptions = "localhost, .example.com,*.example.org 10.0.0.1";
        for host in [
            "localhost",
            "example.com",
            "a.example.com",
            "b.example.org",
            "10.0.0.1",
        ] {
            assert!(is_excepted(host, exceptions), "{host}");
        }
        for host in ["badexample.com", "example.net", "0.0.1", ""] {
            assert!(!is_excepted(host, exceptions), "{host}");
        }
        assert!(is_excepted("a.b", "*"));
    }
}
