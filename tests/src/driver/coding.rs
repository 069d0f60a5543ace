//! What is done to the bytes of a file on their way: line ends (TYPE A) and compression (MODE Z, draft-preston-ftpext-deflate). On
//! the network text is inside of the compressed stream. Every step makes a bounded piece, however much a few bytes
//! of a hostile server inflate to.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use towpath_ftp::Coding;
use towpath_ftp::text::{FromNetwork, ToNetwork};

/// Bytes that one step of inflating makes at most.
const PIECE: usize = 64 * 1024;

/// A compressed stream that is none, in words for a person.
pub(crate) type Broken = &'static str;

/// From the network to the file.
pub(crate) struct Decoder {
    inflate: Option<Inflate>,
    text: Option<FromNetwork>,
}

struct Inflate {
    state: Decompress,
    begun: bool,
    ended: bool,
    /// The last step filled its buffer: there may be more without any input.
    full: bool,
    buffer: Vec<u8>,
}

impl Decoder {
    pub(crate) fn new(coding: Coding) -> Decoder {
        let inflate = || Inflate {
            state: Decompress::new(true),
            begun: false,
            ended: false,
            full: false,
            buffer: vec![0; PIECE],
        };
        Decoder { inflate: coding.deflate.then(inflate), text: coding.text.then(FromNetwork::default) }
    }

    /// Whether bytes pass as they are.
    pub(crate) fn is_plain(&self) -> bool {
        self.inflate.is_none() && self.text.is_none()
    }

    /// Takes some of the input; bytes of the file are in `out` afterwards, which was cleared. `false`: nothing more comes of this
    /// input.
    pub(crate) fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<bool, Broken> {
        out.clear();
        let Some(inflate) = &mut self.inflate else {
            let more = !input.is_empty();
            self.text(std::mem::take(input), out);
            return Ok(more);
        };
        if input.is_empty() && !inflate.full {
            return Ok(false);
        }
        if inflate.ended {
            return Err("bytes came behind the end of the compressed stream");
        }
        inflate.begun = true;
        let (taken, made) = (inflate.state.total_in(), inflate.state.total_out());
        let status = inflate
            .state
            .decompress(input, &mut inflate.buffer, FlushDecompress::None)
            .map_err(|_| "the compressed stream is broken")?;
        // Both are bounded by the buffers.
        let taken = (inflate.state.total_in() - taken) as usize;
        let made = (inflate.state.total_out() - made) as usize;
        *input = &input[taken..];
        inflate.full = made == inflate.buffer.len();
        match status {
            Status::StreamEnd => {
                inflate.ended = true;
                inflate.full = false;
            }
            _ if taken == 0 && made == 0 && !input.is_empty() => {
                return Err("the compressed stream is broken");
            }
            _ => {}
        }
        let piece = std::mem::take(&mut inflate.buffer);
        self.text(&piece[..made], out);
        if let Some(inflate) = &mut self.inflate {
            inflate.buffer = piece;
        }
        Ok(true)
    }

    fn text(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        match &mut self.text {
            Some(text) => text.push(bytes, out),
            None => out.extend_from_slice(bytes),
        }
    }

    /// The connection has ended well. An empty file may come as no stream at all.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        out.clear();
        if self.inflate.as_ref().is_some_and(|inflate| inflate.begun && !inflate.ended) {
            return Err("the compressed stream ended in the middle");
        }
        if let Some(text) = &mut self.text {
            text.finish(out);
        }
        Ok(())
    }
}

/// From the file to the network.
pub(crate) struct Encoder {
    text: Option<ToNetwork>,
    deflate: Option<Compress>,
    lines: Vec<u8>,
}

impl Encoder {
    pub(crate) fn new(coding: Coding) -> Encoder {
        Encoder {
            text: coding.text.then(ToNetwork::default),
            deflate: coding.deflate.then(|| Compress::new(Compression::default(), true)),
            lines: Vec::new(),
        }
    }

    /// Whether bytes pass as they are.
    pub(crate) fn is_plain(&self) -> bool {
        self.text.is_none() && self.deflate.is_none()
    }

    /// Bytes of the file, as they go over the network; the compressor may keep some back.
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
        let mut lines = std::mem::take(&mut self.lines);
        lines.clear();
        let bytes = match &mut self.text {
            Some(text) => {
                text.push(bytes, &mut lines);
                lines.as_slice()
            }
            None => bytes,
        };
        let done = match &mut self.deflate {
            Some(deflate) => compress(deflate, bytes, FlushCompress::None, out),
            None => {
                out.extend_from_slice(bytes);
                Ok(())
            }
        };
        self.lines = lines;
        done
    }

    /// What the compressor kept back, and the end of its stream.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        match &mut self.deflate {
            Some(deflate) => compress(deflate, &[], FlushCompress::Finish, out),
            None => Ok(()),
        }
    }
}

fn compress(
    deflate: &mut Compress,
    mut bytes: &[u8],
    flush: FlushCompress,
    out: &mut Vec<u8>,
) -> Result<(), Broken> {
    loop {
        out.reserve(bytes.len() / 2 + 1024);
        let taken = deflate.total_in();
        let status = deflate.compress_vec(bytes, out, flush).map_err(|_| "compressing failed")?;
        bytes = &bytes[(deflate.total_in() - taken) as usize..];
        let room = out.len() < out.capacity();
        match (flush, status) {
            (FlushCompress::Finish, Status::StreamEnd) => return Ok(()),
            (FlushCompress::Finish, _) => {}
            _ if bytes.is_empty() && room => return Ok(()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
