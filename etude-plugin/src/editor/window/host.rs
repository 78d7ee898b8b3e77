//! What nice-plug's host and baseview's window say to each other. Their words are the same, their types are not.

use baseview::host::Host;
use baseview::{HandlerError, WindowSize};
use nice_plug::editor::{HostCallbacks, HostMainThreadCaller, HostMethods, ParentWindowHandle};

/// The host, as the window wants it.
pub(super) fn adapted(host: HostMethods) -> Host {
    Host::new()
        .with_callbacks(Callbacks(host.callbacks))
        .with_main_thread(MainThread(host.main_thread_caller))
}

struct Callbacks(Box<dyn HostCallbacks>);

impl baseview::host::HostCallbacks for Callbacks {
    fn request_resize(&mut self, size: WindowSize) -> Result<(), HandlerError> {
        let answer = self.0.request_resize(size.physical.into(), size.scale_factor);
        answer.map_err(HandlerError::from_boxed)
    }

    fn destroyed(&mut self) {
        self.0.destroyed();
    }
}

struct MainThread(Box<dyn HostMainThreadCaller>);

impl baseview::host::HostMainThreadCaller for MainThread {
    fn call_main_thread(&mut self) {
        self.0.call_main_thread();
    }
}

/// The host has given a window that there cannot be.
#[derive(Debug, thiserror::Error)]
#[error("the host has no window for the editor")]
pub(super) struct NoParent;

/// The window to be in. baseview panics over one that there cannot be, and a panic is the end of the host.
pub(super) fn checked(parent: ParentWindowHandle) -> Result<ParentWindowHandle, NoParent> {
    match parent {
        // X has 32 bits for a window, and none has the number 0.
        ParentWindowHandle::XlibWindow(id) if id == 0 || u32::try_from(id).is_err() => Err(NoParent),
        parent => Ok(parent),
    }
}
