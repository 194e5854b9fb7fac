//! JSON that is safe to print to a terminal: characters that could steer it (control characters,
//! bidirectional overrides) are written as `\u` escapes.

use std::io;

use super::text::steers_the_terminal;

/// A writer that escapes such characters and passes the rest on. Outside of strings JSON is ASCII, so each of
/// them is in a string, where an escape means the same.
#[derive(Debug)]
pub struct Harmless<W>(pub W);

impl<W: io::Write> io::Write for Harmless<W> {
    /// Takes all of `bytes`. Each call has to hold whole characters, as those of `serde_json` do.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let steers = |c: char| c > '~' && steers_the_terminal(c);
        match std::str::from_utf8(bytes) {
            Ok(text) if text.contains(steers) => {
                let mut rest = text;
                while let Some(at) = rest.find(steers) {
                    self.0.write_all(&rest.as_bytes()[..at])?;
                    let mut after = rest[at..].chars();
                    for unit in after.next().unwrap_or_default().encode_utf16(&mut [0; 2]) {
                        write!(self.0, "\\u{unit:04x}")?;
                    }
                    rest = after.as_str();
                }
                self.0.write_all(rest.as_bytes())?;
            }
            _ => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_escaped_and_means_the_same() {
        for text in [
            "plain",
            "été\u{9b}31m",
            "\u{202e}4pm.exe",
            "a\u{e0001}b\u{7f}",
            "\n\u{1b}\"\\",
        ] {
            let mut json = Vec::new();
            serde_json::to_writer(Harmless(&mut json), text).unwrap();
            let json = String::from_utf8(json).unwrap();
            assert!(!json.contains(steers_the_terminal), "{json}");
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
