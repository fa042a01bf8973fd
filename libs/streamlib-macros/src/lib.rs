//! The processor attribute macro of StreamLib.
