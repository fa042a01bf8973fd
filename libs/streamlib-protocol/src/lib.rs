//! Control messages between a StreamLib runtime and its clients.
