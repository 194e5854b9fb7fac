//! The proxy for http and https addresses.
//!
//! ffmpeg reads only the environment variables `http_proxy`, which it uses for https as well, and `no_proxy`,
//! both in lower case. Other programs also read `https_proxy`, `all_proxy` and the names in upper case. This
//! module follows the same rules as those programs, and sets ffmpeg's two variables.

use std::process::Command;

use crate::error::{Error, Result};
use crate::video::{Source, without_secrets};

/// The only kind of proxy that ffmpeg supports.
const SCHEME: &str = "http://";

/// The value of the first of these environment variables that is set and not empty.
fn variable(names: &[&str]) -> Option<String> {
    let value = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    names.iter().find_map(value)
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
            Some(proxy) if !proxy.starts_with(SCHEME) => Err(Error::Proxy(without_secrets(&proxy))),
            _ => Ok(()),
        },
        Source::File(_) => Ok(()),
    }
}

/// Sets the proxy for `address` in the environment of an ffmpeg command.
pub(super) fn set(command: &mut Command, address: &str) {
    command.env_remove("http_proxy");
    if let Some(proxy) = proxy(address) {
        command.env("http_proxy", proxy);
    }
    if let Some(exceptions) = variable(&["no_proxy", "NO_PROXY"]) {
        command.env("no_proxy", exceptions);
    }
}
