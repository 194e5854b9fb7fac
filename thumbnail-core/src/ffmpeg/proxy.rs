//! The proxy through which addresses are read.
//!
//! ffmpeg knows `http_proxy` and `no_proxy`, in lower case only, and takes the first for https as well. Other
//! programs know `https_proxy`, `all_proxy` and upper case, too: what they would do is done here.

use std::process::Command;

use crate::error::{Error, Result};
use crate::video::{Source, without_secrets};

/// How a proxy can be reached that ffmpeg can use.
const SCHEME: &str = "http://";

/// The first of these variables that is set and not empty.
fn variable(names: &[&str]) -> Option<String> {
    let value = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    names.iter().find_map(value)
}

/// The proxy for an address, as an address.
fn proxy(address: &str) -> Option<String> {
    let proxy = match address.starts_with("https:") {
        true => variable(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
        // Where a web server runs this as a CGI program, anybody could set `HTTP_PROXY` by a header `Proxy`.
        false if std::env::var_os("REQUEST_METHOD").is_some() => {
            variable(&["http_proxy", "all_proxy", "ALL_PROXY"])
        }
        false => variable(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]),
    }?;
    Some(if proxy.contains("://") {
        proxy
    } else {
        format!("{SCHEME}{proxy}")
    })
}

/// Can ffmpeg use the proxy that this process's environment names for a source?
///
/// # Errors
/// [`Error::Proxy`] if it cannot: it would try without one, and say that the server cannot be reached.
pub(crate) fn check(source: &Source) -> Result<()> {
    match source {
        Source::Url(address) => match proxy(address) {
            Some(proxy) if !proxy.starts_with(SCHEME) => Err(Error::Proxy(without_secrets(&proxy))),
            _ => Ok(()),
        },
        Source::File(_) => Ok(()),
    }
}

/// Names the proxy for `address` in the environment of an ffmpeg.
pub(super) fn set(command: &mut Command, address: &str) {
    command.env_remove("http_proxy");
    if let Some(proxy) = proxy(address) {
        command.env("http_proxy", proxy);
    }
    if let Some(exceptions) = variable(&["no_proxy", "NO_PROXY"]) {
        command.env("no_proxy", exceptions);
    }
}
