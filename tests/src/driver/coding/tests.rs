use super::*;

const DEFLATE: Coding = Coding { text: false, deflate: true };
const BOTH: Coding = Coding { text: true, deflate: true };

fn decode(coding: Coding, network: &[u8], cut: usize) -> Result<Vec<u8>, Broken> {
    let mut decoder = Decoder::new(coding);
    let (mut file, mut out) = (Vec::new(), Vec::new());
    for mut piece in network.chunks(cut) {
        while decoder.step(&mut piece, &mut out)? {
            assert!(!coding.deflate || out.len() <= PIECE + 1, "{}", out.len());
            file.extend_from_slice(&out);
        }
        assert!(piece.is_empty());
    }
    decoder.finish(&mut out)?;
    file.extend_from_slice(&out);
    Ok(file)
}

fn encode(coding: Coding, file: &[u8], cut: usize) -> Vec<u8> {
    let mut encoder = Encoder::new(coding);
    let mut network = Vec::new();
    file.chunks(cut).for_each(|piece| encoder.push(piece, &mut network).unwrap());
    encoder.finish(&mut network).unwrap();
    network
}

#[test]
fn every_coding_comes_back_however_it_is_cut() {
    let mut bytes = vec![0; 300_000];
    crate::driver::pattern(0, &mut bytes);
    bytes.extend(b"lines\nof\ntext\n".repeat(5_000));
    bytes.retain(|byte| *byte != b'\r');
    for coding in [Coding::default(), DEFLATE, BOTH, Coding { text: true, deflate: false }] {
        for cut in [1, 7, 1_000, 1 << 20] {
            let network = encode(coding, &bytes, cut);
            assert!(decode(coding, &network, cut).unwrap() == bytes, "{coding:?} {cut}");
        }
        assert_eq!(decode(coding, &encode(coding, b"", 1), 1), Ok(Vec::new()));
    }
    assert_eq!(decode(BOTH, &encode(DEFLATE, b"a\r\nb\r", 2), 2).unwrap(), b"a\nb\r");
    assert_eq!(decode(DEFLATE, &encode(BOTH, b"a\nb\n", 2), 2).unwrap(), b"a\r\nb\r\n");
}

#[test]
fn broken_streams_are_said_so() {
    let good = encode(DEFLATE, &b"words and words ".repeat(100), 99);
    for cut in 1..good.len() {
        assert_eq!(decode(DEFLATE, &good[..cut], 5), Err("the compressed stream ended in the middle"));
    }
    assert_eq!(decode(DEFLATE, b"", 1), Ok(Vec::new()), "an empty file without a stream");
    for cut in [1, 1_000] {
        let trailing = [good.as_slice(), b"!"].concat();
        assert_eq!(
            decode(DEFLATE, &trailing, cut),
            Err("bytes came behind the end of the compressed stream")
        );
        let mut spoilt = good.clone();
        *spoilt.last_mut().unwrap() ^= 1;
        assert_eq!(decode(DEFLATE, &spoilt, cut), Err("the compressed stream is broken"), "Adler-32");
        assert_eq!(decode(DEFLATE, b"GET / HTTP/1.1", cut), Err("the compressed stream is broken"));
    }
}

#[test]
fn what_inflates_without_measure_comes_in_pieces() {
    let bomb = encode(DEFLATE, &vec![0; 32 << 20], 1 << 20);
    assert!(bomb.len() < 64 * 1024, "{}", bomb.len());
    let mut decoder = Decoder::new(DEFLATE);
    let (mut input, mut out, mut total) = (bomb.as_slice(), Vec::new(), 0);
    while decoder.step(&mut input, &mut out).unwrap() {
        assert!(out.len() <= PIECE && out.capacity() <= 2 * PIECE);
        total += out.len();
    }
    assert_eq!(total, 32 << 20);
}
