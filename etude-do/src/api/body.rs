//! Bodies of requests, bounded.

use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use worker::Request;

use crate::api::error::ApiError;

/// How much more than the limit is read, and thrown away, so that a client that writes before it reads hears why it is
/// refused instead of losing the connection.
const OVERRUN_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The body of a request. Of a larger one than the limit nothing is kept, whatever its headers say.
pub(crate) async fn read(request: &mut Request, bytes_max: usize) -> Result<Vec<u8>, ApiError> {
    let declared = request.headers().get("Content-Length")?.and_then(|length| length.parse::<usize>().ok());
    let Ok(mut parts) = request.stream() else {
        return Ok(Vec::new());
    };
    let mut body = Vec::with_capacity(declared.unwrap_or_default().min(bytes_max));
    let mut bytes: usize = 0;
    while let Some(part) = parts.next().await {
        let part = part?;
        bytes = bytes.saturating_add(part.len());
        if bytes <= bytes_max {
            body.extend(part);
        } else if bytes - bytes_max <= OVERRUN_BYTES_MAX {
            body = Vec::new();
        } else {
            break;
        }
    }
    if bytes > bytes_max { Err(ApiError::TooLarge(bytes_max)) } else { Ok(body) }
}

/// A body that is JSON.
pub(crate) async fn read_json<T: DeserializeOwned>(
    request: &mut Request,
    bytes_max: usize,
) -> Result<T, ApiError> {
    let body = read(request, bytes_max).await?;
    // As text, like all other JSON here: each way of reading it is compiled by itself.
    let text = std::str::from_utf8(&body).map_err(|error| ApiError::Body(error.to_string()))?;
    serde_json::from_str(text).map_err(|error| ApiError::Body(error.to_string()))
}
