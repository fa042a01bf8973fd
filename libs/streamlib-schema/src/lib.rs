//! Schemas, versions and processor descriptors of StreamLib.
