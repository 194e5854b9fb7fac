//! Reads the boxes of an MP4 that is in memory, and the fields of a box (ISO/IEC 14496-12, 4.2).

/// The type of a box, four letters.
pub(super) type Name = [u8; 4];

/// What is left to read of a box.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub &'a [u8]);

impl Fields<'_> {
    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    pub(super) fn skip(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.get(bytes..)?;
        Some(())
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_be_bytes)
    }

    /// A field whose size depends on the version of the box: 64 bits from version 1 on.
    pub(super) fn u32_or_u64(&mut self, version: u8) -> Option<u64> {
        match version {
            0 => self.u32().map(u64::from),
            _ => self.bytes().map(u64::from_be_bytes),
        }
    }

    pub(super) fn name(&mut self) -> Option<Name> {
        self.bytes()
    }

    /// The version and the flags of a `FullBox`.
    pub(super) fn version_and_flags(&mut self) -> Option<(u8, u32)> {
        let [version, flags @ ..] = self.bytes::<4>()?;
        let flags = flags.iter().fold(0, |n, byte| n << 8 | u32::from(*byte));
        Some((version, flags))
    }

    /// The next box. `None` if it does not end within these bytes.
    pub(super) fn next_box(&mut self) -> Option<(Name, Self)> {
        /// The size and the name.
        const HEADER_BYTES: usize = 8;
        let (size, name) = (self.u32()?, self.name()?);
        let content = usize::try_from(size).ok()?.checked_sub(HEADER_BYTES)?;
        let (content, rest) = self.0.split_at_checked(content)?;
        self.0 = rest;
        Some((name, Self(content)))
    }

    /// The only box of this name among the next ones.
    pub(super) fn only(mut self, wanted: Name) -> Option<Self> {
        let mut found = None;
        while !self.is_empty() {
            let (name, content) = self.next_box()?;
            if name == wanted && found.replace(content).is_some() {
                return None;
            }
        }
        found
    }
}
