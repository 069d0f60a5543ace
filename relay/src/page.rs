//! The page's files: built in, or read from a directory once at the start.
//!
//! All files are in one table, so a request can name nothing else: there is no path to climb.

use crate::tls::fingerprint;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

mod embedded {
    //! Written by `build.rs`: `FILES`, the name and content of every file.
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

/// Files and bytes that a directory may hold: more is the wrong directory.
const MAX_FILES: usize = 2000;
const MAX_BYTES: u64 = 128 * 1024 * 1024;

/// What `/` says without a page.
const ABSENT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Towpath</title>\
    <h1>Towpath relay</h1><p>The relay runs, but it was built without the page. \
    Build it with <code>cargo xtask build</code> and start the relay with <code>--www target/dist</code>.</p></html>\n";

/// All files by name, such as `css/base.css`.
#[derive(Debug, Default)]
pub(crate) struct Page {
    files: BTreeMap<String, File>,
}

#[derive(Debug)]
struct File {
    plain: Variant,
    brotli: Option<Variant>,
    gzip: Option<Variant>,
    media_type: &'static str,
    /// Its name changes with its content.
    hashed: bool,
}

#[derive(Debug)]
struct Variant {
    bytes: Bytes,
    etag: HeaderValue,
}

impl Page {
    /// The files that were built in; none where there was no page at that time.
    pub(crate) fn embedded() -> Page {
        let files = embedded::FILES.iter();
        Page::new(files.map(|(name, bytes)| ((*name).to_owned(), Bytes::from_static(bytes))).collect())
    }

    /// Reads a directory with all below it. Links are not followed.
    pub(crate) fn read(directory: &Path) -> io::Result<Page> {
        let (mut found, mut total) = (BTreeMap::new(), 0);
        let mut folders = vec![(directory.to_owned(), String::new())];
        while let Some((folder, prefix)) = folders.pop() {
            let named =
                |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", folder.display()));
            for entry in fs::read_dir(&folder).map_err(named)? {
                let entry = entry.map_err(named)?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                let name = format!("{prefix}{name}");
                let kind = entry.file_type().map_err(named)?;
                if kind.is_dir() {
                    folders.push((entry.path(), format!("{name}/")));
                } else if kind.is_file() {
                    let bytes = fs::read(entry.path()).map_err(named)?;
                    total += bytes.len() as u64;
                    found.insert(name, Bytes::from(bytes));
                }
                if found.len() + folders.len() > MAX_FILES || total > MAX_BYTES {
                    return Err(io::Error::other(format!("{} is too large for a page", directory.display())));
                }
            }
        }
        Ok(Page::new(found))
    }

    fn new(mut found: BTreeMap<String, Bytes>) -> Page {
        let names: Vec<String> = found.keys().cloned().collect();
        let mut files = BTreeMap::new();
        for name in names {
            // A compressed sibling belongs to the file that it is named after, if there is one.
            let original = name.strip_suffix(".br").or_else(|| name.strip_suffix(".gz"));
            if original.is_some_and(|original| found.contains_key(original) || files.contains_key(original)) {
                continue;
            }
            let Some(plain) = found.remove(&name).and_then(Variant::new) else { continue };
            let file = File {
                brotli: found.remove(&format!("{name}.br")).and_then(Variant::new),
                gzip: found.remove(&format!("{name}.gz")).and_then(Variant::new),
                media_type: media_type(&name),
                hashed: is_hashed(&name),
                plain,
            };
            files.insert(name, file);
        }
        Page { files }
    }

    /// Answers a request for a path.
    pub(crate) fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response<Body> {
        if method != Method::GET && method != Method::HEAD {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let name = match path.trim_start_matches('/') {
            "" => "index.html",
            name => name,
        };
        let mut response = match self.files.get(name) {
            Some(file) => file.answer(headers),
            None if name == "index.html" => {
                let mut response = Response::new(Body::from(ABSENT));
                let html = HeaderValue::from_static("text/html; charset=utf-8");
                response.headers_mut().insert(header::CONTENT_TYPE, html);
                response
            }
            None => text(StatusCode::NOT_FOUND, "not found\n"),
        };
        if method == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        response
    }
}

impl Variant {
    fn new(bytes: Bytes) -> Option<Variant> {
        let etag = HeaderValue::try_from(format!("\"{:.32}\"", fingerprint(&bytes))).ok()?;
        Some(Variant { bytes, etag })
    }
}

impl File {
    fn answer(&self, request: &HeaderMap) -> Response<Body> {
        let (variant, encoding) = match (&self.brotli, &self.gzip) {
            (Some(variant), _) if accepts(request, "br") => (variant, Some("br")),
            (_, Some(variant)) if accepts(request, "gzip") => (variant, Some("gzip")),
            _ => (&self.plain, None),
        };
        let known = request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|tag| tag.trim().trim_start_matches("W/").as_bytes() == variant.etag.as_bytes());
        let mut response = if known {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            let mut response = Response::new(Body::from(variant.bytes.clone()));
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(variant.bytes.len()));
            if let Some(encoding) = encoding {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
            response
        };
        let caching = if self.hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, variant.etag.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        response
    }
}

/// A short plain answer.
pub(crate) fn text(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether a coding is named in Accept-Encoding with a quality above 0 (RFC 9110 section 12.5.3).
fn accepts(request: &HeaderMap, coding: &str) -> bool {
    let values = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let zero = |part: &str| {
            part.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|quality| quality == 0.0))
        };
        named && !parts.any(zero)
    })
}

/// Whether a name carries a hash: eight or more hexadecimal digits between the last `-` or `.` and the extension.
fn is_hashed(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or_default();
    let Some((stem, _)) = base.rsplit_once('.') else { return false };
    let Some((_, hash)) = stem.rsplit_once(['-', '.']) else { return false };
    hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let files: [(&str, &[u8]); 7] = [
            ("index.html", b"<!doctype html>"),
            ("app-0123456789abcdef.js", b"plain"),
            ("app-0123456789abcdef.js.br", b"brotli"),
            ("app-0123456789abcdef.js.gz", b"gzip"),
            ("css/base.css", b"a{}"),
            ("app-0123456789abcdef_bg.wasm", b"\0asm"),
            ("alone.gz", b"x"),
        ];
        Page::new(files.map(|(name, bytes)| (name.to_owned(), Bytes::from_static(bytes))).into())
    }

    fn get(page: &Page, path: &str, headers: &[(header::HeaderName, &str)]) -> Response<Body> {
        let map = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        page.answer(&Method::GET, path, &map.collect())
    }

    async fn body(response: Response<Body>) -> Bytes {
        axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap()
    }

    #[tokio::test]
    async fn encodings_are_negotiated() {
        let page = page();
        let path = "/app-0123456789abcdef.js";
        for (accepted, expected) in [
            ("", "plain"),
            ("br", "brotli"),
            ("gzip, deflate, br, zstd", "brotli"),
            ("gzip;q=1.0, br;q=0", "gzip"),
            ("br; q=0.0", "plain"),
            ("broken", "plain"),
        ] {
            let response = get(&page, path, &[(header::ACCEPT_ENCODING, accepted)]);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
            assert_eq!(body(response).await, expected, "{accepted:?}");
        }
    }

    #[tokio::test]
    async fn caching_follows_the_name() {
        let page = page();
        let hashed = get(&page, "/app-0123456789abcdef.js", &[]);
        assert_eq!(hashed.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        let index = get(&page, "/", &[]);
        assert_eq!(index.headers()[header::CACHE_CONTROL], "no-cache");
        let tag = index.headers()[header::ETAG].to_str().unwrap().to_owned();
        let again = get(&page, "/index.html", &[(header::IF_NONE_MATCH, &format!("\"other\", W/{tag}"))]);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert!(body(again).await.is_empty());
    }

    #[tokio::test]
    async fn only_files_of_the_table_and_only_reading() {
        let page = page();
        for path in
            ["/../Cargo.toml", "/css/../index.html", "/css", "/app-0123456789abcdef.js.br", "/%2e%2e/x"]
        {
            assert_eq!(get(&page, path, &[]).status(), StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(get(&page, "/css/base.css", &[]).status(), StatusCode::OK);
        assert_eq!(get(&page, "/alone.gz", &[]).status(), StatusCode::OK);
        let headers = HeaderMap::new();
        assert_eq!(page.answer(&Method::POST, "/", &headers).status(), StatusCode::METHOD_NOT_ALLOWED);
        let head = page.answer(&Method::HEAD, "/css/base.css", &headers);
        assert_eq!(head.headers()[header::CONTENT_LENGTH], "3");
        assert!(body(head).await.is_empty());
    }

    #[tokio::test]
    async fn without_a_page_the_relay_says_so() {
        let response = get(&Page::default(), "/", &[]);
        assert_eq!(response.status(), StatusCode::OK);
        assert!(body(response).await.starts_with(b"<!doctype html>"));
    }

    #[test]
    fn a_directory_is_read_with_all_below_it() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("css")).unwrap();
        fs::write(directory.path().join("css/base.css"), "a{}").unwrap();
        fs::write(directory.path().join("index.html"), "x").unwrap();
        let page = Page::read(directory.path()).unwrap();
        assert_eq!(page.files.keys().collect::<Vec<_>>(), ["css/base.css", "index.html"]);
        assert!(Page::read(&directory.path().join("absent")).is_err());
    }
}
