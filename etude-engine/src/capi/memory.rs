//! The caller's memory: pointers are checked here, and nowhere else turned into references.
//!
//! The unsafe constructors share one contract, the header's: a pointer that is not null points to as many elements as
//! were said, valid for the length of the call, and no other thread writes there meanwhile.

use std::ffi::c_char;
use std::fmt::{self, Display, Write as _};
use std::mem::{MaybeUninit, size_of};
use std::ptr::{NonNull, copy_nonoverlapping, write_bytes};
use std::slice;

use crate::capi::status::{
    ETUDE_ERROR_ARGUMENT, ETUDE_ERROR_BUFFER, ETUDE_ERROR_POINTER, ETUDE_ERROR_STRUCT_SIZE, Failure,
};

/// Largest struct_size that can be meant; anything beyond is memory that was never initialised.
const STRUCT_SIZE_MAX: u32 = 4096;

/// Neither null nor misaligned.
#[inline]
pub(super) fn is_usable<T>(pointer: *const T) -> bool {
    !pointer.is_null() && pointer.is_aligned()
}

/// # Safety
/// The contract above, for one element.
#[inline]
pub(super) unsafe fn reference<'a, T>(pointer: *const T, name: &'static str) -> Result<&'a T, Failure> {
    check(pointer, name)?;
    // SAFETY: checked for null and alignment; valid by the contract.
    Ok(unsafe { &*pointer })
}

/// # Safety
/// The contract above, for `count` elements.
#[inline]
pub(super) unsafe fn array<'a, T>(
    pointer: *const T,
    count: usize,
    name: &'static str,
) -> Result<&'a [T], Failure> {
    if count == 0 {
        return Ok(&[]);
    }
    check(pointer, name)?;
    check_extent::<T>(count, name)?;
    // SAFETY: checked for null, alignment and extent; valid by the contract.
    Ok(unsafe { slice::from_raw_parts(pointer, count) })
}

/// # Safety
/// The contract above, for `size` bytes.
pub(super) unsafe fn text_in<'a>(
    pointer: *const c_char,
    size: usize,
    name: &'static str,
) -> Result<&'a str, Failure> {
    // SAFETY: the contract of this function.
    let bytes = unsafe { array(pointer.cast::<u8>(), size, name) }?;
    str::from_utf8(bytes).map_err(|_| Failure::of(name, ETUDE_ERROR_ARGUMENT, "is not UTF-8"))
}

/// # Safety
/// The contract above, for `count` elements, which need not be initialised.
#[inline]
pub(super) unsafe fn array_out<'a, T>(
    pointer: *mut T,
    count: usize,
    name: &'static str,
) -> Result<&'a mut [MaybeUninit<T>], Failure> {
    if count == 0 {
        return Ok(&mut []);
    }
    check(pointer, name)?;
    check_extent::<T>(count, name)?;
    // SAFETY: checked for null, alignment and extent; valid by the contract.
    Ok(unsafe { slice::from_raw_parts_mut(pointer.cast(), count) })
}

/// A place for one value.
pub(super) struct Out<T>(NonNull<T>);

impl<T: Copy> Out<T> {
    /// # Safety
    /// The contract above, for one element, which need not be initialised.
    #[inline]
    pub(super) unsafe fn new(pointer: *mut T, name: &'static str) -> Result<Self, Failure> {
        Ok(Self(checked(pointer, name)?))
    }

    #[inline]
    pub(super) fn write(self, value: T) {
        // SAFETY: aligned, and writable by the contract of `new`.
        unsafe { self.0.write(value) }
    }
}

/// A place for a new handle.
pub(super) struct HandleOut<H>(NonNull<*mut H>);

impl<H> HandleOut<H> {
    /// # Safety
    /// The contract above, for one pointer, which need not be initialised.
    pub(super) unsafe fn new(pointer: *mut *mut H, name: &'static str) -> Result<Self, Failure> {
        Ok(Self(checked(pointer, name)?))
    }

    /// The caller owns the handle from here on.
    pub(super) fn write(self, handle: H) {
        let handle = Box::into_raw(Box::new(handle));
        // SAFETY: aligned, and writable by the contract of `new`.
        unsafe { self.0.write(handle) }
    }
}

/// A buffer of the caller's for a text.
pub(super) struct TextOut {
    buffer: Option<NonNull<c_char>>,
    size: usize,
    length: Option<NonNull<usize>>,
}

impl TextOut {
    /// # Safety
    /// The contract above, for `size` bytes and one length, neither of which need be initialised.
    pub(super) unsafe fn new(buffer: *mut c_char, size: usize, length: *mut usize) -> Result<Self, Failure> {
        let buffer = NonNull::new(buffer);
        if buffer.is_none() && (size > 0 || length.is_null()) {
            return Err(Failure::of("buffer", ETUDE_ERROR_POINTER, "is NULL"));
        }
        let length = if length.is_null() { None } else { Some(checked(length, "length")?) };
        Ok(Self { buffer, size, length })
    }

    /// Whether the caller wants the text, and not its length alone.
    pub(super) fn takes_text(&self) -> bool {
        self.buffer.is_some()
    }

    pub(super) fn write(self, text: &str) -> Result<(), Failure> {
        if let Some(buffer) = self.buffer {
            if text.len() >= self.size {
                let detail = format!("the text needs {} bytes, the buffer has {}", text.len() + 1, self.size);
                return Err(Failure::new(ETUDE_ERROR_BUFFER, detail));
            }
            // SAFETY: the text and its NUL fit; the buffer is writable by the contract of `new`.
            unsafe { write_text(buffer, text) };
        }
        if let Some(length) = self.length {
            // SAFETY: aligned, and writable by the contract of `new`.
            unsafe { length.write(text.len()) };
        }
        Ok(())
    }
}

/// A buffer of the caller's for bytes.
pub(super) struct BytesOut {
    buffer: Option<NonNull<u8>>,
    size: usize,
    length: NonNull<usize>,
}

impl BytesOut {
    /// # Safety
    /// The contract above, for `size` bytes and one length, neither of which need be initialised.
    pub(super) unsafe fn new(buffer: *mut u8, size: usize, length: *mut usize) -> Result<Self, Failure> {
        let length = checked(length, "length")?;
        let buffer = NonNull::new(buffer);
        if buffer.is_none() && size > 0 {
            return Err(unusable(true, "buffer"));
        }
        Ok(Self { buffer, size, length })
    }

    pub(super) fn write(self, bytes: &[u8]) -> Result<(), Failure> {
        if let Some(buffer) = self.buffer {
            if bytes.len() > self.size {
                let detail = format!("the bytes are {}, the buffer has {}", bytes.len(), self.size);
                return Err(Failure::new(ETUDE_ERROR_BUFFER, detail));
            }
            // SAFETY: they fit; the buffer is writable by the contract of `new`.
            unsafe { copy_nonoverlapping(bytes.as_ptr(), buffer.as_ptr(), bytes.len()) };
        }
        // SAFETY: aligned, and writable by the contract of `new`.
        unsafe { self.length.write(bytes.len()) };
        Ok(())
    }
}

/// A buffer of the caller's for the reason of a failure.
#[derive(Clone, Copy)]
pub(super) struct Detail {
    buffer: Option<NonNull<c_char>>,
    size: usize,
}

impl Detail {
    /// The function has no such buffer.
    pub(super) const NONE: Self = Self { buffer: None, size: 0 };

    /// # Safety
    /// The contract above, for `size` bytes, which need not be initialised.
    pub(super) unsafe fn new(buffer: *mut c_char, size: usize) -> Self {
        Self { buffer: NonNull::new(buffer), size }
    }

    /// The text, after its subject if that is not empty; cut to fit, between two characters.
    pub(super) fn write(self, subject: &str, text: &dyn Display) {
        let (Some(buffer), 1..) = (self.buffer, self.size) else { return };
        let mut cut = Cut { buffer, room: self.size - 1 };
        cut.push("");
        let space = if subject.is_empty() { "" } else { " " };
        // An error says that it was cut.
        let _ = write!(cut, "{subject}{space}{text}");
    }
}

/// Text on its way into a buffer; always ended by a NUL, for which there is a byte behind the room.
struct Cut {
    buffer: NonNull<c_char>,
    room: usize,
}

impl Cut {
    /// Whether all of the text fitted.
    fn push(&mut self, text: &str) -> bool {
        let cut = &text[..text.floor_char_boundary(self.room)];
        // SAFETY: the cut text and its NUL fit; the buffer is writable by the contract of `Detail::new`.
        self.buffer = unsafe {
            write_text(self.buffer, cut);
            self.buffer.add(cut.len())
        };
        self.room -= cut.len();
        cut.len() == text.len()
    }
}

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.push(text) { Ok(()) } else { Err(fmt::Error) }
    }
}

/// A struct that may grow: `#[repr(C)]`, without padding, valid for any bytes, and beginning with its
/// `u32` struct_size.
///
/// # Safety
/// The above is so.
pub(super) unsafe trait Sized32: Copy {
    /// Size of the struct when it was first released: less was never a valid struct_size.
    const SIZE_MIN: u32;
}

/// A struct of the caller's, possibly of an older or newer header. A field that its header lacks has its default.
///
/// # Safety
/// The contract above, for as many bytes as the struct_size says.
pub(super) unsafe fn sized<T: Sized32 + Default>(
    pointer: *const T,
    name: &'static str,
) -> Result<T, Failure> {
    // SAFETY: the contract of this function.
    let size = unsafe { struct_size(pointer, name) }?;
    let known = size.min(size_of::<T>());
    // SAFETY: the contract says that `size` bytes can be read.
    let unknown = unsafe { slice::from_raw_parts(pointer.cast::<u8>().add(known), size - known) };
    if unknown.iter().any(|byte| *byte != 0) {
        let detail = "has fields set that this version of the library does not know";
        return Err(Failure::of(name, ETUDE_ERROR_STRUCT_SIZE, detail));
    }
    let mut value = T::default();
    // SAFETY: both sides hold `known` bytes, and any bytes make a valid `T`.
    unsafe { copy_nonoverlapping(pointer.cast::<u8>(), (&raw mut value).cast::<u8>(), known) };
    Ok(value)
}

/// A place for a struct, possibly of an older or newer header.
pub(super) struct SizedOut<T> {
    pointer: NonNull<T>,
    size: usize,
}

impl<T: Sized32> SizedOut<T> {
    /// # Safety
    /// The contract above, for as many bytes as the struct_size says.
    pub(super) unsafe fn new(pointer: *mut T, name: &'static str) -> Result<Self, Failure> {
        // SAFETY: the contract of this function.
        let size = unsafe { struct_size(pointer, name) }?;
        Ok(Self { pointer: checked(pointer, name)?, size })
    }

    /// Fields that the caller's header lacks are left out; those that the library lacks become zero.
    pub(super) fn write(self, value: T) {
        let known = self.size.min(size_of::<T>());
        let skip = size_of::<u32>();
        let from = (&raw const value).cast::<u8>();
        let to = self.pointer.as_ptr().cast::<u8>();
        // SAFETY: `known` bytes are in both, the rest up to `size` in the caller's, and known >= SIZE_MIN > skip.
        unsafe {
            copy_nonoverlapping(from.add(skip), to.add(skip), known - skip);
            write_bytes(to.add(known), 0, self.size - known);
        }
    }
}

/// # Safety
/// `pointer` is null or points to a readable `u32`.
unsafe fn struct_size<T: Sized32>(pointer: *const T, name: &'static str) -> Result<usize, Failure> {
    check(pointer, name)?;
    // SAFETY: not null, aligned for `T` and so for its first field.
    let size = unsafe { pointer.cast::<u32>().read() };
    if !(T::SIZE_MIN..=STRUCT_SIZE_MAX).contains(&size) {
        let detail = "has a struct_size that cannot be; initialise the struct with its _INIT macro";
        return Err(Failure::of(name, ETUDE_ERROR_STRUCT_SIZE, detail));
    }
    Ok(size as usize)
}

/// # Safety
/// `buffer` has room for `text` and a NUL.
unsafe fn write_text(buffer: NonNull<c_char>, text: &str) {
    let buffer = buffer.as_ptr().cast::<u8>();
    // SAFETY: the contract of this function.
    unsafe {
        copy_nonoverlapping(text.as_ptr(), buffer, text.len());
        buffer.add(text.len()).write(0);
    }
}

#[inline]
fn check<T>(pointer: *const T, name: &'static str) -> Result<(), Failure> {
    if is_usable(pointer) { Ok(()) } else { Err(unusable(pointer.is_null(), name)) }
}

/// Apart, so that what is done of every call stays small.
#[cold]
#[inline(never)]
fn unusable(null: bool, name: &'static str) -> Failure {
    Failure::of(name, ETUDE_ERROR_POINTER, if null { "is NULL" } else { "is misaligned" })
}

#[cold]
#[inline(never)]
fn too_long(name: &'static str) -> Failure {
    Failure::of(name, ETUDE_ERROR_ARGUMENT, "has more elements than fit in any memory")
}

#[inline]
fn checked<T>(pointer: *mut T, name: &'static str) -> Result<NonNull<T>, Failure> {
    check(pointer, name)?;
    NonNull::new(pointer).ok_or_else(|| unusable(true, name))
}

#[inline]
fn check_extent<T>(count: usize, name: &'static str) -> Result<(), Failure> {
    if count <= isize::MAX as usize / size_of::<T>().max(1) { Ok(()) } else { Err(too_long(name)) }
}
