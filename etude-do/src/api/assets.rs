//! The score page: the built files of `web/`, where the deployment has them.
//!
//! On Cloudflare the binding `ASSETS` is the platform's own file server; on workerd it is a folder, served as plain
//! bytes. What kind of file it is, and what a page may do, is said here for both.

use worker::js_sys::Reflect;
use worker::wasm_bindgen::JsCast as _;
use worker::{Env, Fetcher, Headers, Method, Request, Response};

use crate::api::error::ApiError;

/// The page itself: what is no file is an address within the page.
const PAGE: &str = "/index.html";
/// Where the build puts files whose names hold a hash of their content.
const HASHED: &str = "/assets/";

/// What the page may do: load its own files, compile its own wasm, draw, and speak to this service.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Answers a request for a file.
pub(super) async fn serve(request: Request, env: &Env) -> Result<Response, ApiError> {
    let Some(files) = binding(env) else { return Err(ApiError::NoRoute) };
    if ![Method::Get, Method::Head].contains(&request.method()) {
        return Err(ApiError::Method("GET, HEAD".to_owned()));
    }
    let path = request.path();
    let wanted = if path.ends_with('/') { PAGE } else { &path };
    let (path, response) = match fetch(&files, wanted).await? {
        // A name without an ending is an address within the page.
        response if response.status_code() == 404 && ending(wanted).is_none() => {
            (PAGE, fetch(&files, PAGE).await?)
        }
        response => (wanted, response),
    };
    if response.status_code() != 200 {
        return Err(ApiError::NoRoute);
    }
    let headers = Headers::new();
    headers.set("Content-Type", kind(path))?;
    headers.set("Content-Security-Policy", POLICY)?;
    headers.set("X-Content-Type-Options", "nosniff")?;
    headers.set("Referrer-Policy", "no-referrer")?;
    let fresh = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.set("Cache-Control", fresh)?;
    Ok(response.with_headers(headers))
}

fn binding(env: &Env) -> Option<Fetcher> {
    let binding = Reflect::get(env, &"ASSETS".into()).ok()?;
    binding.is_object().then(|| Fetcher::unchecked_from_js(binding))
}

async fn fetch(files: &Fetcher, path: &str) -> Result<Response, ApiError> {
    Ok(files.fetch(format!("https://assets{path}"), None).await?)
}

fn kind(path: &str) -> &'static str {
    match ending(path).unwrap_or("html") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "musicxml" | "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}

fn ending(path: &str) -> Option<&str> {
    path.rsplit('/').next()?.rsplit_once('.').map(|(_, ending)| ending)
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn a_file_is_of_the_kind_its_name_says() {
        assert_eq!(kind("/index.html"), "text/html; charset=utf-8");
        assert_eq!(kind("/assets/a.b-c1.js"), "text/javascript; charset=utf-8");
        assert_eq!(kind("/v1.2/verovio.wasm"), "application/wasm");
        assert_eq!(kind("/a.exe"), "application/octet-stream");
    }
}
