//! A PES packet: here, the bytes of one picture and its times (ISO/IEC 13818-1, 2.4.3.6).

use crate::ffmpeg::packet_list::Packet;

/// The most bytes of one. More are left to ffmpeg.
const MAX_PES_BYTES: usize = 64 << 20;

/// The PES packet that arrives. The memory of one serves the next.
#[derive(Debug, Default)]
pub(super) struct Pes {
    times: Option<Packet>,
    /// How many bytes its header announces; `None` if it does not say.
    length: Option<usize>,
    bytes: Vec<u8>,
}

impl Pes {
    /// Begins one whose header is at the beginning of `payload`. `None` if that is not wholly there or has no times.
    pub(super) fn begin(&mut self, payload: &[u8]) -> Option<()> {
        let (header, rest) = payload.split_at_checked(9)?;
        // "10", no scrambling; two bits that say which times follow.
        if !header.starts_with(&[0, 0, 1]) || header[6] & 0xf0 != 0x80 {
            return None;
        }
        let (fields, bytes) = rest.split_at_checked(usize::from(header[8]))?;
        let (pts, dts) = match header[7] >> 6 {
            2 => {
                let pts = timestamp(fields, 0b0010)?;
                (pts, pts)
            }
            3 => (
                timestamp(fields, 0b0011)?,
                timestamp(fields.get(5..)?, 0b0001)?,
            ),
            _ => return None,
        };
        let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
        self.times = Some(Packet {
            pts,
            dts,
            key: false,
            size: 0,
        });
        self.length = match length {
            0 => None,
            // From the byte after the length on.
            _ => Some(length.checked_sub(3 + fields.len())?),
        };
        self.bytes.clear();
        self.add(bytes)
    }

    /// Takes in what the next packet carries. `None` if it gets too long.
    pub(super) fn add(&mut self, payload: &[u8]) -> Option<()> {
        self.bytes.extend_from_slice(payload);
        (self.bytes.len() <= MAX_PES_BYTES).then_some(())
    }

    /// The times in its header, in ticks of 1/90000 s; `None` if none has begun.
    pub(super) fn times(&self) -> Option<Packet> {
        self.times
    }

    /// Its bytes, once all have arrived. `None` if they are more or fewer than announced.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        let whole = self.length.is_none_or(|length| length == self.bytes.len());
        whole.then_some(&self.bytes)
    }
}

/// A time of 33 bits in 5 bytes: behind 4 bits that say which it is, three parts, each with a marker bit behind it.
fn timestamp(bytes: &[u8], prefix: u8) -> Option<i64> {
    let bytes = bytes.first_chunk::<5>()?;
    if bytes[0] >> 4 != prefix || bytes[0] & bytes[2] & bytes[4] & 1 != 1 {
        return None;
    }
    let part = |n: usize| i64::from(bytes[n]);
    let high = (part(0) >> 1 & 7) << 30;
    let middle = part(1) << 22 | (part(2) >> 1) << 15;
    let low = part(3) << 7 | part(4) >> 1;
    Some(high | middle | low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PTS 126000 and DTS 90000, by hand.
    const HEADER: [u8; 19] = [
        0, 0, 1, 0xe0, 0, 0, 0x80, 0xc0, 10, 0x31, 0x00, 0x07, 0xd8, 0x61, 0x11, 0x00, 0x05, 0xbf,
        0x21,
    ];

    #[test]
    fn the_times_are_in_the_header() {
        let mut pes = Pes::default();
        assert!(pes.begin(&HEADER[..18]).is_none() && pes.times().is_none());
        let without = [&HEADER[..7], &[0, 0]].concat();
        assert!(pes.begin(&without).is_none());
        pes.begin(&HEADER).unwrap();
        let times = pes.times().unwrap();
        assert_eq!((times.pts, times.dts), (126_000, 90_000));
    }

    #[test]
    fn an_announced_length_has_to_be_met() {
        let mut header = HEADER;
        header[5] = 13 + 2;
        let mut pes = Pes::default();
        pes.begin(&header).unwrap();
        assert!(pes.whole().is_none());
        pes.add(&[7, 7]).unwrap();
        assert_eq!(pes.whole(), Some(&[7, 7][..]));
        pes.add(&[7]).unwrap();
        assert!(pes.whole().is_none());
    }
}
