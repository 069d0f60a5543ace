//! The WebSocket's close codes beside those of RFC 6455 section 7.4.1, most of them from the range that is free for applications (section 7.4.2). A
//! text for a person goes with them. They are the relay's, unless said otherwise.

/// A token or ticket is wanted: none was shown, or one that does not count.
pub const UNAUTHORIZED: u16 = 4401;

/// It is known who asks, and it is not allowed, or not any more.
pub const FORBIDDEN: u16 = 4403;

/// The session that a RESUME is for is over.
pub const GONE: u16 = 4404;

/// Too many failed tries from one address.
pub const TOO_MANY_TRIES: u16 = 4429;

/// No place for another session (IANA's WebSocket registry: Try Again Later).
pub const TRY_AGAIN_LATER: u16 = 1013;

/// The page's: this WebSocket does not answer any more, and the page goes on over another. A browser cannot drop a WebSocket without closing it, and
/// the closing may still arrive: without a code of its own it would mean that the page leaves.
pub const RETURNING: u16 = 4000;
