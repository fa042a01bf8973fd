//! Safe owners of OpenH264's C objects. All of the crate's calls into OpenH264 are here.
//!
//! What is relied on: an object is used by one thread at a time (guaranteed by `&mut self`), has no
//! tie to the thread that made it, and what it hands out stays valid until the next call.

use std::ffi::{c_int, c_long, c_void};
use std::ptr;

use openh264_sys2::{
    DECODER_OPTION, DECODER_OPTION_TRACE_LEVEL, ENCODER_OPTION, ENCODER_OPTION_TRACE_LEVEL,
    ERROR_CON_DISABLE, ISVCDecoder, ISVCDecoderVtbl, ISVCEncoder, ISVCEncoderVtbl, SBufferInfo,
    SDecodingParam, SEncParamExt, SFrameBSInfo, SSourcePicture, SVideoProperty,
    VIDEO_BITSTREAM_AVC, WELS_LOG_QUIET, source::APILoader, videoFormatI420,
};

use crate::error::CodecError;
use crate::video::I420View;

unsafe extern "C" {
    /// From OpenH264's `codec/common/inc/cpu.h`: bits of the instruction sets in use; 0 when the
    /// library was built without assembly.
    fn WelsCPUFeatureDetect(logical_processors: *mut i32) -> u32;
}

pub(super) fn cpu_features() -> u32 {
    let mut processors = 0;
    // SAFETY: the function only writes the number of processors to the pointer, which is valid.
    unsafe { WelsCPUFeatureDetect(&raw mut processors) }
}

pub(super) fn version() -> String {
    // SAFETY: the function has no arguments and no preconditions.
    let version = unsafe { APILoader::WelsGetCodecVersion() };
    format!("{}.{}.{}", version.uMajor, version.uMinor, version.uRevision)
}

fn failed(operation: &'static str, code: i64) -> CodecError {
    CodecError::Library { library: "OpenH264", operation, code }
}

/// An initialised encoder.
#[derive(Debug)]
pub(super) struct RawEncoder {
    object: *mut ISVCEncoder,
    bitstream: Box<SFrameBSInfo>,
}

// SAFETY: the object has no thread affinity, and its threads are switched off; it is only reached
// through `&mut self`. `bitstream` points into the object.
unsafe impl Send for RawEncoder {}

impl RawEncoder {
    /// Creates an encoder and initialises it with the default parameters after `adjust`.
    pub(super) fn new(adjust: impl FnOnce(&mut SEncParamExt)) -> Result<Self, CodecError> {
        let mut object: *mut ISVCEncoder = ptr::null_mut();
        // SAFETY: the pointer to write to is valid.
        let code = unsafe { APILoader::WelsCreateSVCEncoder(&raw mut object) };
        if code != 0 || object.is_null() {
            return Err(failed("create an encoder", code.into()));
        }
        let mut encoder = Self { object, bitstream: Box::default() };
        let mut level = WELS_LOG_QUIET;
        encoder.set_option(ENCODER_OPTION_TRACE_LEVEL, &mut level, "be quiet")?;
        let mut parameters = SEncParamExt::default();
        let table = encoder.table();
        let operation = "give its default parameters";
        let get = table.GetDefaultParams.ok_or_else(|| failed(operation, 0))?;
        // SAFETY: the object lives until drop, and the parameters are a valid place to write.
        let code = unsafe { get(encoder.object, &raw mut parameters) };
        check(operation, code.into())?;
        adjust(&mut parameters);
        let operation = "take the encoder settings";
        let initialize = table.InitializeExt.ok_or_else(|| failed(operation, 0))?;
        // SAFETY: as above; the parameters are only read.
        let code = unsafe { initialize(encoder.object, &raw const parameters) };
        check(operation, code.into())?;
        Ok(encoder)
    }

    fn table(&self) -> ISVCEncoderVtbl {
        // SAFETY: creation succeeded, so the object points to its table of functions, which is
        // never written.
        unsafe { **self.object }
    }

    /// `value` must be of the type that `option` is documented with; that is why it is private to
    /// this folder and called with constants only.
    pub(super) fn set_option<T>(
        &mut self,
        option: ENCODER_OPTION,
        value: &mut T,
        operation: &'static str,
    ) -> Result<(), CodecError> {
        let set = self.table().SetOption.ok_or_else(|| failed(operation, 0))?;
        // SAFETY: the object is alive; the value is valid for reads and writes during the call.
        let code = unsafe { set(self.object, option, ptr::from_mut(value).cast::<c_void>()) };
        check(operation, code.into())
    }

    pub(super) fn force_key_frame(&mut self) -> Result<(), CodecError> {
        let operation = "plan a key frame";
        let force = self.table().ForceIntraFrame.ok_or_else(|| failed(operation, 0))?;
        // SAFETY: the object is alive and initialised.
        let code = unsafe { force(self.object, true) };
        check(operation, code.into())
    }

    /// Encodes the parameter sets alone; read them with [`RawEncoder::units`].
    pub(super) fn encode_parameter_sets(&mut self) -> Result<(), CodecError> {
        let operation = "write its parameter sets";
        let encode = self.table().EncodeParameterSets.ok_or_else(|| failed(operation, 0))?;
        // SAFETY: the object is alive and initialised, the place for the result is valid.
        let code = unsafe { encode(self.object, &raw mut *self.bitstream) };
        check(operation, code.into())
    }

    /// Encodes a complete picture of the initialised size; read the result with
    /// [`RawEncoder::units`] and [`RawEncoder::frame_type`].
    pub(super) fn encode(&mut self, view: &I420View<'_>, time_ms: i64) -> Result<(), CodecError> {
        let operation = "encode a picture";
        let mut strides = [0; 4];
        for (stride, given) in strides.iter_mut().zip(view.strides) {
            *stride =
                c_int::try_from(given).or(Err(failed("take a row stride of 2 GiB or more", 0)))?;
        }
        debug_assert!(view.is_complete());
        let source = SSourcePicture {
            iColorFormat: videoFormatI420,
            iStride: strides,
            pData: [
                view.planes[0].as_ptr().cast_mut(),
                view.planes[1].as_ptr().cast_mut(),
                view.planes[2].as_ptr().cast_mut(),
                ptr::null_mut(),
            ],
            iPicWidth: c_int::try_from(view.width).unwrap_or(0),
            iPicHeight: c_int::try_from(view.height).unwrap_or(0),
            uiTimeStamp: time_ms,
            bPsnrY: false,
            bPsnrU: false,
            bPsnrV: false,
        };
        let encode = self.table().EncodeFrame.ok_or_else(|| failed(operation, 0))?;
        // SAFETY: the object is alive and initialised; the planes hold the rows that size and
        // strides promise (the caller checked `is_complete`) and are only read, in spite of the
        // mutable pointer type.
        let code = unsafe { encode(self.object, &raw const source, &raw mut *self.bitstream) };
        check(operation, code.into())
    }

    /// `eFrameType` of the last encode call.
    pub(super) fn frame_type(&self) -> c_int {
        self.bitstream.eFrameType
    }

    /// The NAL units of the last encode call, each with its start code, valid until the next.
    pub(super) fn units(&self) -> impl Iterator<Item = &[u8]> {
        let layers = usize::try_from(self.bitstream.iLayerNum).unwrap_or(0);
        self.bitstream.sLayerInfo.iter().take(layers).flat_map(|layer| {
            let count = usize::try_from(layer.iNalCount).unwrap_or(0);
            // SAFETY: an encode call succeeded, so the layer has `iNalCount` lengths; no call
            // that could change them can happen while `self` is borrowed.
            let lengths = unsafe { c_array(layer.pNalLengthInByte, count) };
            let mut at = 0usize;
            lengths.iter().map(move |length| {
                let length = usize::try_from(*length).unwrap_or(0);
                // SAFETY: the units lie one after another in the layer's buffer, and their lengths
                // sum up to its content.
                let unit = unsafe { c_array(layer.pBsBuf.wrapping_add(at), length) };
                at += length;
                unit
            })
        })
    }
}

impl Drop for RawEncoder {
    fn drop(&mut self) {
        if let Some(uninitialize) = self.table().Uninitialize {
            // SAFETY: the object is alive; calling it on one that was not initialised is allowed.
            unsafe { uninitialize(self.object) };
        }
        // SAFETY: the object is alive and not used afterwards.
        unsafe { APILoader::WelsDestroySVCEncoder(self.object) };
    }
}

/// A slice that also takes the null pointer C gives for "nothing".
///
/// # Safety
/// `data` is null or valid for reads of `count` values for the lifetime that the caller picks.
unsafe fn c_array<'a, T>(data: *const T, count: usize) -> &'a [T] {
    if data.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: by the caller's promise.
    unsafe { std::slice::from_raw_parts(data, count) }
}

fn check(operation: &'static str, code: i64) -> Result<(), CodecError> {
    if code == 0 { Ok(()) } else { Err(failed(operation, code)) }
}

/// An initialised decoder.
#[derive(Debug)]
pub(super) struct RawDecoder {
    object: *mut ISVCDecoder,
}

// SAFETY: as for the encoder: no thread affinity, no threads of its own, reached through `&mut`.
unsafe impl Send for RawDecoder {}

/// A picture in the decoder's memory, with the timestamp that its packet was given.
#[derive(Debug)]
pub(super) struct RawPicture<'a> {
    pub(super) view: I420View<'a>,
    pub(super) timestamp: u64,
}

impl RawDecoder {
    pub(super) fn new() -> Result<Self, CodecError> {
        let mut object: *mut ISVCDecoder = ptr::null_mut();
        // SAFETY: the pointer to write to is valid.
        let code = unsafe { APILoader::WelsCreateDecoder(&raw mut object) };
        if code != 0 || object.is_null() {
            return Err(failed("create a decoder", code));
        }
        let mut decoder = Self { object };
        let mut level = WELS_LOG_QUIET;
        decoder.set_option(DECODER_OPTION_TRACE_LEVEL, &mut level, "be quiet")?;
        let parameters = SDecodingParam {
            eEcActiveIdc: ERROR_CON_DISABLE,
            sVideoProperty: SVideoProperty {
                size: size_of::<SVideoProperty>() as u32,
                eVideoBsType: VIDEO_BITSTREAM_AVC,
            },
            ..SDecodingParam::default()
        };
        let operation = "take the decoder settings";
        let initialize = decoder.table().Initialize.ok_or_else(|| failed(operation, 0))?;
        // SAFETY: the object is alive, the parameters are valid and only read.
        let code = unsafe { initialize(decoder.object, &raw const parameters) };
        check(operation, code)?;
        Ok(decoder)
    }

    fn table(&self) -> ISVCDecoderVtbl {
        // SAFETY: creation succeeded, so the object points to its table of functions, which is
        // never written.
        unsafe { **self.object }
    }

    fn set_option(
        &mut self,
        option: DECODER_OPTION,
        value: &mut c_int,
        operation: &'static str,
    ) -> Result<(), CodecError> {
        let set = self.table().SetOption.ok_or_else(|| failed(operation, 0))?;
        // SAFETY: the object is alive; the value is valid for reads and writes during the call.
        let code: c_long =
            unsafe { set(self.object, option, ptr::from_mut(value).cast::<c_void>()) };
        check(operation, code)
    }

    /// Gives the decoder Annex B data, or, with an empty slice, makes it finish the access unit it
    /// has. Returns the error bits of `DECODING_STATE` and a picture if one is ready.
    pub(super) fn decode(
        &mut self,
        data: &[u8],
        timestamp: u64,
    ) -> Result<(i32, Option<RawPicture<'_>>), CodecError> {
        let operation = "decode a packet";
        let length =
            c_int::try_from(data.len()).or(Err(failed("take a packet of 2 GiB or more", 0)))?;
        let decode = self.table().DecodeFrame2.ok_or_else(|| failed(operation, 0))?;
        let mut info = SBufferInfo { uiInBsTimeStamp: timestamp, ..SBufferInfo::default() };
        let mut planes = [ptr::null_mut(); 3];
        let source = if data.is_empty() { ptr::null() } else { data.as_ptr() };
        // SAFETY: the object is alive and initialised; the data is valid for `length` bytes (null
        // with 0 means the end of the access unit); the places for the result are valid.
        let state =
            unsafe { decode(self.object, source, length, planes.as_mut_ptr(), &raw mut info) };
        Ok((state, self.picture(planes, &info)))
    }

    /// Takes one picture that was held back; only after [`RawDecoder::decode`] with no data.
    pub(super) fn flush(&mut self) -> Result<Option<RawPicture<'_>>, CodecError> {
        let operation = "give back a held picture";
        let flush = self.table().FlushFrame.ok_or_else(|| failed(operation, 0))?;
        let mut info = SBufferInfo::default();
        let mut planes = [ptr::null_mut(); 3];
        // SAFETY: the object is alive and initialised, the places for the result are valid.
        let state = unsafe { flush(self.object, planes.as_mut_ptr(), &raw mut info) };
        check(operation, state.into())?;
        Ok(self.picture(planes, &info))
    }

    /// Borrows the picture that the last call put out, if it did.
    fn picture(&mut self, planes: [*mut u8; 3], info: &SBufferInfo) -> Option<RawPicture<'_>> {
        if info.iBufferStatus != 1 || planes.iter().any(|plane| plane.is_null()) {
            return None;
        }
        // SAFETY: the union has one member, and with status 1 the decoder has written it.
        let buffer = unsafe { info.UsrData.sSystemBuffer };
        let width = u32::try_from(buffer.iWidth).ok()?;
        let height = u32::try_from(buffer.iHeight).ok()?;
        let luma = usize::try_from(buffer.iStride[0]).ok()?;
        let chroma = usize::try_from(buffer.iStride[1]).ok()?;
        let mut view =
            I420View { width, height, planes: [&[]; 3], strides: [luma, chroma, chroma] };
        for (plane, start) in planes.into_iter().enumerate() {
            let bytes = view.needed(plane)?;
            // SAFETY: the decoder put out a picture of this size with these strides; its planes
            // are not written before the next call, which the borrow of `self` excludes.
            view.planes[plane] = unsafe { c_array(start, bytes) };
        }
        view.is_complete().then_some(RawPicture { view, timestamp: info.uiOutYuvTimeStamp })
    }
}

impl Drop for RawDecoder {
    fn drop(&mut self) {
        if let Some(uninitialize) = self.table().Uninitialize {
            // SAFETY: the object is alive; calling it on one that was not initialised is allowed.
            unsafe { uninitialize(self.object) };
        }
        // SAFETY: the object is alive and not used afterwards.
        unsafe { APILoader::WelsDestroyDecoder(self.object) };
    }
}
