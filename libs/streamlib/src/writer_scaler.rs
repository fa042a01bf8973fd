//! Lends the MP4 writer the scaler of the pixel crate, which the container crate does not know.

use std::sync::Arc;

use streamlib_codec::I420View;
use streamlib_container::processors::{PictureScaler, PictureScalers};
use streamlib_video::{Filter, Picture, PictureMut, Scaler};

use streamlib_processor::abi::media::{AlphaMode, Colour, PixelFormat};

/// Scalers for the writers of a runtime.
pub(crate) fn picture_scalers() -> Arc<PictureScalers> {
    Arc::new(PictureScalers::new(WriterScaler::default))
}

#[derive(Default)]
struct WriterScaler(Scaler);

impl PictureScaler for WriterScaler {
    fn scale(
        &mut self,
        source: &I420View<'_>,
        size: (u32, u32),
        planes: [&mut [u8]; 3],
    ) -> Result<(), String> {
        let colour = Colour::UNKNOWN;
        let from = (source.width, source.height);
        let [y, cb, cr] = source.planes;
        let [y_stride, cb_stride, cr_stride] = source.strides;
        let strides = [y_stride, cb_stride, cr_stride, 0];
        let picture = Picture::new(PixelFormat::I420, from, colour, [y, cb, cr, &[]], strides)
            .map_err(|error| error.to_string())?;
        let [y, cb, cr] = planes;
        let row = |plane| PixelFormat::I420.row_bytes(plane, size.0);
        let strides = [row(0), row(1), row(2), 0];
        let target = [y, cb, cr, &mut []];
        let mut target = PictureMut::new(PixelFormat::I420, size, colour, target, strides)
            .map_err(|error| error.to_string())?;
        self.0
            .scale(&picture, &mut target, Filter::default(), AlphaMode::None)
            .map_err(|error| error.to_string())
    }
}
