//! Why pixels could not be worked on.

use streamlib_processor::abi::media::{MatrixCoefficients, PixelFormat};

/// Result of what this crate does.
pub type Result<T, E = VideoError> = std::result::Result<T, E>;

/// Why pixels could not be worked on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VideoError {
    /// A plane is shorter than its rows need.
    #[error(
        "plane {plane} of a {format} picture of {width}x{height} pixels has {actual} bytes in rows \
         of {stride}, but needs {needed}"
    )]
    PlaneTooSmall {
        /// Number of the plane.
        plane: usize,
        /// Pixel format of the picture.
        format: PixelFormat,
        /// Width, pixels.
        width: u32,
        /// Height, pixels.
        height: u32,
        /// Bytes from one row to the next.
        stride: usize,
        /// Bytes that are there.
        actual: usize,
        /// Bytes that must be there.
        needed: usize,
    },
    /// Source and target of a conversion differ in size.
    #[error(
        "a picture of {}x{} pixels cannot be converted into one of {}x{}: scale it first",
        from.0, from.1, to.0, to.1
    )]
    SizesDiffer {
        /// Width and height of the source, pixels.
        from: (u32, u32),
        /// Width and height of the target, pixels.
        to: (u32, u32),
    },
    /// There is no way from one pixel format to the other.
    #[error(
        "{from} cannot be converted to {to}: targets are rgba8, bgra8, rgb8, gray8, nv12 and i420"
    )]
    NoConversion {
        /// Pixel format of the source.
        from: PixelFormat,
        /// Pixel format of the target.
        to: PixelFormat,
    },
    /// The colour matrix has no conversion to RGB here.
    #[error(
        "{format} with colour matrix `{matrix}` cannot be converted: known are bt709, bt470bg, \
         smpte170m, smpte240m, fcc and bt2020_ncl"
    )]
    Matrix {
        /// Pixel format of the picture.
        format: PixelFormat,
        /// Its matrix.
        matrix: MatrixCoefficients,
    },
    /// A rectangle lies outside its picture.
    #[error(
        "a rectangle of {}x{} pixels at ({}, {}) does not lie inside a picture of {}x{} pixels",
        size.0, size.1, at.0, at.1, picture.0, picture.1
    )]
    Outside {
        /// Column and row of its first pixel.
        at: (u32, u32),
        /// Its width and height, pixels.
        size: (u32, u32),
        /// Width and height of the picture, pixels.
        picture: (u32, u32),
    },
    /// The pixel format is not one that this operation works on.
    #[error("{action} does not work on {format}; put a video_converter before it")]
    Format {
        /// What was asked for.
        action: &'static str,
        /// Pixel format of the picture.
        format: PixelFormat,
    },
    /// A conversion library refused the picture.
    #[error("a {format} picture of {width}x{height} pixels cannot be {action}: {reason}")]
    Library {
        /// What was asked for.
        action: &'static str,
        /// Pixel format of the picture.
        format: PixelFormat,
        /// Width, pixels.
        width: u32,
        /// Height, pixels.
        height: u32,
        /// What the library says.
        reason: String,
    },
    /// A setting has a value that cannot work.
    #[error("setting `{setting}` is `{value}`, but {problem}")]
    Setting {
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it and what would do.
        problem: String,
    },
    /// A file could not be written.
    #[error("picture file `{path}` cannot be written: {reason}")]
    File {
        /// Path of the file.
        path: String,
        /// Why.
        reason: String,
    },
}

impl From<VideoError> for streamlib_processor::Error {
    fn from(error: VideoError) -> Self {
        Self::new(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: &VideoError, text: &str) {
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn messages_say_what_where_and_what_to_do() {
        check(
            &VideoError::PlaneTooSmall {
                plane: 1,
                format: PixelFormat::Nv12,
                width: 4,
                height: 4,
                stride: 4,
                actual: 7,
                needed: 8,
            },
            "plane 1 of a nv12 picture of 4x4 pixels has 7 bytes in rows of 4, but needs 8",
        );
        check(
            &VideoError::SizesDiffer { from: (2, 3), to: (4, 5) },
            "a picture of 2x3 pixels cannot be converted into one of 4x5: scale it first",
        );
        check(
            &VideoError::NoConversion { from: PixelFormat::I420, to: PixelFormat::P010 },
            "i420 cannot be converted to p010: targets are rgba8, bgra8, rgb8, gray8, nv12 and i420",
        );
        check(
            &VideoError::Matrix { format: PixelFormat::I420, matrix: MatrixCoefficients::Ycgco },
            "i420 with colour matrix `ycgco` cannot be converted: known are bt709, bt470bg, \
             smpte170m, smpte240m, fcc and bt2020_ncl",
        );
        check(
            &VideoError::Outside { at: (10, 20), size: (3, 4), picture: (8, 9) },
            "a rectangle of 3x4 pixels at (10, 20) does not lie inside a picture of 8x9 pixels",
        );
        check(
            &VideoError::Format { action: "scaling", format: PixelFormat::P010 },
            "scaling does not work on p010; put a video_converter before it",
        );
        check(
            &VideoError::Library {
                action: "scaled",
                format: PixelFormat::Rgb8,
                width: 1,
                height: 2,
                reason: "too large".into(),
            },
            "a rgb8 picture of 1x2 pixels cannot be scaled: too large",
        );
        check(
            &VideoError::Setting {
                setting: "filter",
                value: "sharp".into(),
                problem: "it must be one of nearest, bilinear".into(),
            },
            "setting `filter` is `sharp`, but it must be one of nearest, bilinear",
        );
        check(
            &VideoError::File { path: "/x/y.png".into(), reason: "no such folder".into() },
            "picture file `/x/y.png` cannot be written: no such folder",
        );
    }
}
