//! Pixel processors and converters of StreamLib.
//!
//! Two layers: functions on [`Picture`]s (conversion, scaling, colour effects), which know no
//! frames, and the [`processors`] that apply them. Both take every size and stride, also odd ones,
//! and allocate nothing once their memory has grown to the largest picture. A picture of another
//! size or format may come at any time.
//!
//! Orientation (rotation, mirror) is metadata: effects pass it through untouched; the compositor
//! and the PNG writer turn the picture.
//!
//! Nothing here reads files, waits or starts threads, the PNG writer's files excepted.

pub mod colour;
pub mod convert;
pub mod effect;
mod error;
pub mod frame_number;
pub mod orient;
mod pattern;
mod picture;
pub mod processors;
pub mod scale;

pub use convert::{Converter, can_convert, convert};
pub use error::{Result, VideoError};
pub use frame_number::read_frame_number;
pub use picture::{Picture, PictureBuf, PictureMut};
pub use scale::{Filter, Scaler};
