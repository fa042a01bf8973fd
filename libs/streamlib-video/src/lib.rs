//! Pixel processors and converters of StreamLib.
