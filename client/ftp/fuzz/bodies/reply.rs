//! Bytes of a control connection: how they are cut makes no difference, nothing grows past its limit, and every reply has a
//! meaning or none for each of the small parsers.

use towpath_ftp::parse;
use towpath_ftp::reply::{MAX_LINES, MAX_REPLY, Reader, Reply};

/// The first byte says how the rest is cut.
pub(crate) fn body(data: &[u8]) {
    let Some((cut, bytes)) = data.split_first() else { return };
    let (mut whole, mut pieces) = (Reader::new(), Reader::new());
    let result = whole.push(bytes);
    let cut_result = bytes.chunks(usize::from(*cut).max(1)).try_for_each(|piece| pieces.push(piece));
    assert_eq!(result, cut_result);
    loop {
        let reply = whole.next();
        assert_eq!(reply, pieces.next());
        let Some(reply) = reply else { break };
        check(&reply);
    }
    assert_eq!(whole.is_empty(), pieces.is_empty());
    let (odd, cut_odd) = (whole.stalled_end(), pieces.stalled_end());
    assert_eq!(odd, cut_odd);
    odd.iter().for_each(check);
    assert_eq!(whole.strays(), pieces.strays());
}

fn check(reply: &Reply) {
    assert!(!reply.lines.is_empty() && reply.lines.len() <= MAX_LINES);
    assert!(reply.lines.iter().map(Vec::len).sum::<usize>() <= MAX_REPLY);
    let shown = reply.display_lines();
    assert_eq!(shown.len(), reply.lines.len());
    assert!(shown.iter().all(|line| !line.contains(|c: char| c.is_control() && c != '\t')));
    if let Some((_, port)) = parse::pasv(reply) {
        assert_ne!(port, 0);
    }
    assert_ne!(parse::epsv(reply), Some(0));
    if let Some(path) = parse::pwd(reply) {
        assert!(!path.is_empty() && !path.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
    }
    // No answer to these is more than it was told.
    let features = parse::feat(reply);
    let told = features.facts.len() + features.hash.len() + features.site.len();
    assert!(told <= reply.lines.iter().map(Vec::len).sum());
    let _ = (parse::mdtm(reply), parse::size(reply), parse::software(reply, &reply.text()));
}
