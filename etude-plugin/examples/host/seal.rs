//! The audio thread's orders, and the seal that makes them its only dealings with the system.
//!
//! Orders are bytes of a pipe: the thread waits for the next by reading it, and a filter of the kernel allows it that and
//! nothing else. It cannot end by itself then, for a thread's end frees its stack; it sleeps in the pipe until the process
//! ends.

use std::io::{PipeReader, PipeWriter, Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

const RUNNING: u8 = 0;
const SAME: u8 = 1;
const DIFFERENT: u8 = 2;

/// The director's end.
pub(super) struct Pace {
    orders: PipeWriter,
    result: Arc<AtomicU8>,
}

/// The audio thread's end.
pub(super) struct Gate {
    orders: PipeReader,
    result: Arc<AtomicU8>,
}

pub(super) fn pace() -> std::io::Result<(Pace, Gate)> {
    let (reader, writer) = std::io::pipe()?;
    let result = Arc::new(AtomicU8::new(RUNNING));
    Ok((Pace { orders: writer, result: Arc::clone(&result) }, Gate { orders: reader, result }))
}

impl Pace {
    pub(super) fn order(&mut self, order: u8) -> std::io::Result<()> {
        self.orders.write_all(&[order])
    }

    /// Waits until the audio thread has left. Whether all was as it should be.
    pub(super) fn finish<T>(self, audio: JoinHandle<T>) -> bool {
        loop {
            match self.result.load(Ordering::Acquire) {
                RUNNING if audio.is_finished() => return false,
                RUNNING => std::thread::sleep(Duration::from_millis(1)),
                result => {
                    // The thread reads on from the pipe, which is never closed.
                    std::mem::forget(self);
                    return result == SAME;
                }
            }
        }
    }
}

impl Gate {
    /// From here on this thread may read its orders, and no more.
    pub(super) fn seal(&self) {
        #[cfg(target_os = "linux")]
        linux::allow_only_reading(&self.orders);
    }

    /// The next order.
    pub(super) fn wait(&mut self) -> u8 {
        let mut order = [0];
        // Without a director there is nothing more to do.
        self.orders.read_exact(&mut order).map_or(u8::MAX, |()| order[0])
    }

    /// Tells the result, and sleeps.
    pub(super) fn leave(mut self, same: bool) {
        self.result.store(if same { SAME } else { DIFFERENT }, Ordering::Release);
        if cfg!(target_os = "linux") {
            loop {
                self.wait();
            }
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::io::PipeReader;
    use std::os::fd::AsRawFd as _;

    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };

    pub(super) fn allow_only_reading(pipe: &PipeReader) {
        let file = pipe.as_raw_fd() as u64;
        let is_pipe = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, file);
        let rule = is_pipe.and_then(|is_pipe| SeccompRule::new(vec![is_pipe])).expect("one condition");
        let filter = SeccompFilter::new(
            BTreeMap::from([(libc::SYS_read, vec![rule])]),
            SeccompAction::KillProcess,
            SeccompAction::Allow,
            std::env::consts::ARCH.try_into().expect("an architecture with filters"),
        );
        let program: BpfProgram = filter.and_then(BpfProgram::try_from).expect("a filter");
        seccompiler::apply_filter(&program).expect("a kernel with filters");
    }
}
