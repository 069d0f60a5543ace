//! A PNG (RFC 2083) without a compressor: zlib's stored blocks need only two checksums.

/// A square picture: soft colours that change from corner to corner, with a darker river across.
pub(super) fn png(side: u32) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..side {
        // Filter type of the row: none.
        rows.push(0);
        for x in 0..side {
            let shade = |part: u32| u8::try_from(part * 255 / side.max(1)).unwrap_or(u8::MAX);
            let bank = (x * x / side.max(1)).abs_diff(y);
            let river = bank < side / 12;
            let [r, g, b] = [shade(x) / 2 + 96, shade(y) / 3 + 130, 120];
            rows.extend(if river { [40, 92, 140] } else { [r, g, b] });
        }
    }
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = [side.to_be_bytes(), side.to_be_bytes()].concat();
    // Eight bits, RGB, the only compression and filter methods there are, no interlace.
    head.extend([8, 2, 0, 0, 0]);
    chunk(&mut out, b"IHDR", &head);
    chunk(&mut out, b"IDAT", &stored(&rows));
    chunk(&mut out, b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], body: &[u8]) {
    // Bodies come from `png` alone and stay far below 4 GiB.
    out.extend((body.len() as u32).to_be_bytes());
    let checked = [kind.as_slice(), body].concat();
    out.extend(&checked);
    out.extend(crc32(&checked).to_be_bytes());
}

/// A zlib stream (RFC 1950) of stored blocks (RFC 1951 section 3.2.4).
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(usize::from(u16::MAX)).peekable();
    while let Some(block) = blocks.next() {
        out.push(u8::from(blocks.peek().is_none()));
        // At most u16::MAX by `chunks`.
        let len = block.len() as u16;
        out.extend(len.to_le_bytes());
        out.extend((!len).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler32(bytes).to_be_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}

fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (a, b) = bytes.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % MODULUS;
        (a, (b + a) % MODULUS)
    });
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_standards() {
        // The check values of CRC-32/ISO-HDLC and Adler-32.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }
}
