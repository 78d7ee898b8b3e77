//! The service's clock.

/// Milliseconds since 1970. On Cloudflare it stands still while code runs.
pub(crate) fn now_ms() -> u64 {
    // `worker::Date::now` makes an object of it, and asks that; every frame needs the time.
    worker::js_sys::Date::now() as u64
}
