//! Bodies of requests, bounded.

use futures_util::StreamExt as _;
use worker::Request;

use crate::api::error::ApiError;

/// The body of a request, refused as soon as it passes the limit, whatever its headers say.
pub(crate) async fn read(request: &mut Request, bytes_max: usize) -> Result<Vec<u8>, ApiError> {
    let declared = request.headers().get("Content-Length")?.and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > bytes_max) {
        return Err(ApiError::TooLarge(bytes_max));
    }
    let Ok(mut parts) = request.stream() else {
        return Ok(Vec::new());
    };
    let mut body = Vec::with_capacity(declared.unwrap_or_default());
    while let Some(part) = parts.next().await {
        let part = part?;
        if body.len() + part.len() > bytes_max {
            return Err(ApiError::TooLarge(bytes_max));
        }
        body.extend(part);
    }
    Ok(body)
}
