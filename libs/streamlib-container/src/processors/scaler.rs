//! The scaler that the writer borrows: this crate scales nothing itself.

use streamlib_codec::I420View;

/// Scales pictures; may keep weights and memory for pictures of the same sizes.
pub trait PictureScaler: Send {
    /// Fills an I420 picture of `size` (width, height in pixels) with `source`, stretched to it.
    /// The planes are Y, Cb and Cr, tightly packed.
    ///
    /// # Errors
    /// The sizes cannot be had; the text says why.
    fn scale(
        &mut self,
        source: &I420View<'_>,
        size: (u32, u32),
        planes: [&mut [u8]; 3],
    ) -> Result<(), String>;
}

/// Makes scalers: the resource of the runtime that [`Mp4Writer`](super::Mp4Writer) needs where it
/// is to scale.
pub struct PictureScalers(Box<dyn Fn() -> Box<dyn PictureScaler> + Send + Sync>);

impl PictureScalers {
    /// Scalers that `make` makes, one for each writer.
    pub fn new<S: PictureScaler + 'static>(make: impl Fn() -> S + Send + Sync + 'static) -> Self {
        Self(Box::new(move || Box::new(make())))
    }

    pub(super) fn make(&self) -> Box<dyn PictureScaler> {
        (self.0)()
    }
}

impl std::fmt::Debug for PictureScalers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PictureScalers").finish_non_exhaustive()
    }
}
