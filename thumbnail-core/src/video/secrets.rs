//! What of an address is shown: no user name, no password, and no query, which can hold a token.

use std::borrow::Cow;
use std::path::Path;

use url::Url;

/// A path as it is shown. If there is no such file and it looks like an address (with a wrong port, or with another
/// scheme or none, for example), the user meant an address, which can hold secrets.
pub(super) fn shown_path(path: &Path) -> Cow<'_, str> {
    let text = path.to_string_lossy();
    let begins_with = |scheme: &str| {
        let beginning = text.as_bytes().get(..scheme.len());
        beginning.is_some_and(|bytes| bytes.eq_ignore_ascii_case(scheme.as_bytes()))
    };
    // "user:password@host/…", and "host/…?token=…"
    let first = text.trim_start_matches("//").split(['/', '\\']).next();
    let has_user = first.and_then(|first| first.rsplit_once('@'));
    let has_query = text
        .split_once('?')
        .is_some_and(|(_, query)| query.contains('='));
    let looks_like_address = text.contains("://")
        || begins_with("http:")
        || begins_with("https:")
        || has_user.is_some_and(|(user, _)| user.contains(':'))
        || has_query;
    if looks_like_address && !path.exists() {
        without_secrets(&text).into()
    } else {
        text
    }
}

/// Do two slashes follow the first colon, as in `http://host`?
pub(super) fn has_slashes(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(_, rest)| rest.starts_with("//"))
}

/// A URL that is safe to show: without user name and password, and without the query, which can hold a token.
#[must_use]
pub fn without_secrets(address: &str) -> String {
    // Without the slashes, what a person means as a user name is part of the path to the URL standard:
    // `view-source:http://user@host`.
    let url = Url::parse(address).ok().filter(|_| has_slashes(address));
    let Some(mut url) = url else {
        return text_without_secrets(address);
    };
    // Both fail only for a URL without a host, which has no user name and no password.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let had_query = url.query().is_some();
    url.set_query(None);
    url.set_fragment(None);
    if had_query {
        format!("{url}?…")
    } else {
        url.into()
    }
}

/// The same for a text that is not a valid URL: only its scheme, host and path are kept.
fn text_without_secrets(text: &str) -> String {
    let (before, after) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
    let (scheme, rest) = match before.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), before),
    };
    // An `@` here can belong to the query, or end a password that contains a `?` or `#`.
    if after.contains('@') {
        return format!("{scheme}…");
    }
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let query = if after.starts_with('?') { "?…" } else { "" };
    format!("{scheme}{host}{query}")
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::super::tests::names;

    #[test]
    fn an_address_shows_no_secret_even_if_it_is_none() {
        let shown = |text: &str| Source::parse(text.into()).to_string();
        assert_eq!(
            shown("http://me:s3cret@h/a.mp4?t=s3cret"),
            "http://h/a.mp4?…"
        );
        for none in [
            "http://me:s3cret@h:99999/a.mp4?t=s3cret",
            "ftp://me:s3cret@h/a",
        ] {
            assert!(matches!(Source::parse(none.into()), Source::File(_)));
            assert!(!shown(none).contains("s3cret"), "{}", shown(none));
        }
    }

    #[test]
    fn what_was_meant_as_an_address_is_shown_and_named_without_its_secrets() {
        for address in [
            "http://user:s3cret@host:99999/a.mp4?token=s3cret",
            "http://user:s3cret@[::1/a.mp4",
            "http://user:s3cret@[::1",
            "http://user:s3#cret@ho st/a.mp4?token=s3cret",
            "http://user:p?s3cret@[::1/a.mp4",
            "http:/user:s3cret@host/a.mp4?token=s3cret",
            "HTTPS:user:s3cret@host/a.mp4#s3cret",
            "http:http://user:s3cret@host/a.mp4",
            "ftp://user:s3cret@h/a.mp4",
            "ftp://user:s3/cret@h/a.mp4",
            "rtmp://h/a.mp4?token=s3cret",
            "rtmp://h/a?token=s3cret",
            "view-source:http://user:s3cret@h/a.mp4",
            "concat:http://user:s3cret@h/a.mp4|http://user:s3cret@h/b.mp4",
            "./http://user:s3cret@h/a.mp4",
            "user:s3cret@h/a.mp4?token=s3cret",
            "user:s3cret@h",
            "//user:s3cret@h/a.mp4",
            "h/a.mp4?token=s3cret",
        ] {
            let source = Source::parse(address.into());
            assert_eq!(source, Source::File(address.into()));
            let shown = source.to_string();
            assert!(!shown.contains("cret"), "{address}: {shown}");
            let name = &names(&[address])[0];
            assert!(!name.contains("cret"), "{address}: {name}");
        }
        let shown = |address: &str| Source::parse(address.into()).to_string();
        assert_eq!(
            shown("http://me:x@host:99999/a.mp4?t=1"),
            "http://host:99999/a.mp4?…"
        );
        assert_eq!(shown("rtmp://me:x@h/a.mp4?t=1"), "rtmp://h/a.mp4?…");
        for file in ["no such@file?.mp4", "a/b:c@d.mp4", r"C:\a@b.mp4"] {
            assert_eq!(shown(file), file);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_called_like_an_address_is_shown_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("http:");
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("me@host?.mp4"), "").unwrap();
        let path = format!("{}/http://me@host?.mp4", place.path().display());
        assert_eq!(Source::parse(path.clone().into()).to_string(), path);
        assert_eq!(names(&[&path]), ["me@host?"]);
    }
}
