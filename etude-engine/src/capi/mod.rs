//! The C ABI, `libetude`: marshalling only.
