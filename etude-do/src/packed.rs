//! Files as they are kept: deflated where that makes them smaller. Of MusicXML a twentieth is left.

use std::io::Read as _;

use flate2::bufread::DeflateDecoder;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::js_sys::Uint8Array;
use worker::wasm_bindgen::{JsCast as _, JsValue};
use worker::wasm_bindgen_futures::JsFuture;
use worker::web_sys::Response;
use worker::{Error, Result};

/// Stands before what is deflated. No file of music begins with it, so that what earlier versions kept is known; some begin
/// with 0, in UTF-16.
const DEFLATED: u8 = 1;

#[wasm_bindgen(wasm_bindgen = worker::wasm_bindgen, js_sys = worker::js_sys)]
extern "C" {
    /// Of the Compression Standard; web-sys has it only with a flag of the compiler.
    type CompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> std::result::Result<CompressionStream, JsValue>;
}

/// A file as it is kept.
pub(crate) struct Packed(Vec<u8>);

impl Packed {
    /// Packs a file. The runtime does it, so that no packer has to be in the Worker.
    pub(crate) async fn of(file: Vec<u8>) -> Result<Self> {
        let plain = Response::new_with_opt_js_u8_array(Some(&Uint8Array::from(&*file)))?;
        let plain = plain.body().ok_or_else(|| Error::RustError("a file has no stream".into()))?;
        let deflate = CompressionStream::new("deflate-raw")?;
        let packed = plain.pipe_through(deflate.unchecked_ref());
        let packed = Response::new_with_opt_readable_stream(Some(&packed))?;
        let packed = JsFuture::from(packed.array_buffer()?).await?;
        let packed = Uint8Array::new(packed.unchecked_ref());
        let length = packed.length() as usize;
        if length + 1 >= file.len() {
            return Ok(Self(file));
        }
        let mut kept = vec![DEFLATED; length + 1];
        packed.copy_to(&mut kept[1..]);
        Ok(Self(kept))
    }

    /// What was kept.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// What is kept.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The file.
    pub(crate) fn unpack(&self) -> Result<Vec<u8>> {
        let Some((&DEFLATED, packed)) = self.0.split_first() else { return Ok(self.0.clone()) };
        let mut file = Vec::new();
        // Without a limit: it had one before it was packed.
        DeflateDecoder::new(packed)
            .read_to_end(&mut file)
            .map_err(|error| Error::RustError(error.to_string()))?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::Packed;

    #[test]
    fn a_file_that_was_kept_as_it_came_is_read_as_it_is() {
        let marks = [b"\xEF\xBB\xBF<".as_slice(), b"\xFE\xFF\0<", b"\xFF\xFE<\0"];
        let files = ["", "<", " <", "\0<", "<\0", "PK", "MThd", "RIFF"].map(str::as_bytes);
        for file in files.into_iter().chain(marks) {
            assert_eq!(Packed::from_bytes(file.to_vec()).unpack().expect("a file"), file);
        }
    }

    #[test]
    fn what_was_deflated_is_inflated_and_what_is_damaged_is_an_error() {
        // A stored block of three bytes (RFC 1951, section 3.2.4).
        let packed = b"\x01\x01\x03\0\xFC\xFF<a>".to_vec();
        assert_eq!(Packed::from_bytes(packed.clone()).unpack().expect("a file"), b"<a>");
        assert!(Packed::from_bytes(packed[..6].to_vec()).unpack().is_err());
    }
}
