//! The system's clipboard.

use copypasta::{ClipboardContext, ClipboardProvider as _};

/// Text that has been cut or copied. Connects to the system the first time that it is needed.
#[derive(Default)]
pub(super) struct Clipboard(Option<ClipboardContext>);

impl Clipboard {
    /// What there is to paste.
    pub(super) fn text(&mut self) -> Option<String> {
        let text = self.context()?.get_contents();
        // It may hold a picture.
        text.inspect_err(|error| tracing::debug!("nothing to paste: {error}")).ok()
    }

    /// Keeps this in the place of what was in it.
    pub(super) fn keep(&mut self, text: String) {
        if let Some(Err(error)) = self.context().map(|context| context.set_contents(text)) {
            tracing::warn!("it could not be copied: {error}");
        }
    }

    fn context(&mut self) -> Option<&mut ClipboardContext> {
        if self.0.is_none() {
            let context = ClipboardContext::new();
            self.0 = context.inspect_err(|error| tracing::warn!("there is no clipboard: {error}")).ok();
        }
        self.0.as_mut()
    }
}
