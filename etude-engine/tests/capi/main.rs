//! The C ABI as C and C++ meet it: header, library, programs, misuse, memory.
//!
//! Builds the library into `target/capi` and compiles with gcc and clang (or `$CC` and `$CXX`). The first build takes
//! a minute; afterwards only what changed is built. What a machine lacks is skipped, and said.

mod binary;
mod header;
mod layout;
mod memory;
mod programs;
mod toolchain;
