//! Serde by name for the enumerations of the ABI vocabulary, which has no serde of its own.

/// Makes a module for `#[serde(with = "...")]` that writes a value as its name.
macro_rules! by_name {
    ($module:ident, $type:ident) => {
        pub(crate) mod $module {
            use serde::{Deserialize, Deserializer, Serializer, de::Error};
            use streamlib_abi::media::$type;

            pub(crate) fn serialize<S: Serializer>(
                value: &$type,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(value.as_str())
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<$type, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(|error| D::Error::custom(format!("`{text}` is {error}")))
            }
        }
    };
}

/// Makes a module for `#[serde(with = "...")]` that writes a list of values as their names.
macro_rules! list_by_name {
    ($module:ident, $type:ident) => {
        pub(crate) mod $module {
            use serde::{Deserialize, Deserializer, Serializer, de::Error};
            use streamlib_abi::media::$type;

            pub(crate) fn serialize<S: Serializer>(
                values: &[$type],
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(values.iter().map(|value| value.as_str()))
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Vec<$type>, D::Error> {
                let parse = |text: &String| {
                    text.parse().map_err(|error| D::Error::custom(format!("`{text}` is {error}")))
                };
                Vec::<String>::deserialize(deserializer)?.iter().map(parse).collect()
            }
        }
    };
}

use streamlib_abi::media::{
    ChromaSiting, ColourPrimaries, ColourRange, MatrixCoefficients, TransferCharacteristics,
};

by_name!(pixel_format, PixelFormat);
by_name!(sample_format, SampleFormat);
by_name!(channel_layout, ChannelLayout);
by_name!(codec, Codec);
by_name!(framing, Framing);
by_name!(primaries, ColourPrimaries);
by_name!(transfer, TransferCharacteristics);
by_name!(matrix, MatrixCoefficients);
by_name!(range, ColourRange);
by_name!(siting, ChromaSiting);
by_name!(alpha, AlphaMode);
by_name!(field_order, FieldOrder);
list_by_name!(pixel_formats, PixelFormat);
list_by_name!(sample_formats, SampleFormat);
list_by_name!(codecs, Codec);
list_by_name!(framings, Framing);

pub(crate) mod rational {
    //! A ratio as `[num, den]`.
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use streamlib_abi::media::Rational;

    pub(crate) fn serialize<S: Serializer>(value: &Rational, s: S) -> Result<S::Ok, S::Error> {
        [value.num, value.den].serialize(s)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Rational, D::Error> {
        let [num, den] = <[u32; 2]>::deserialize(d)?;
        Ok(Rational { num, den })
    }
}

/// Colour as a map of names.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "streamlib_abi::media::Colour")]
pub(crate) struct ColourByName {
    #[serde(with = "primaries")]
    primaries: ColourPrimaries,
    #[serde(with = "transfer")]
    transfer: TransferCharacteristics,
    #[serde(with = "matrix")]
    matrix: MatrixCoefficients,
    #[serde(with = "range")]
    range: ColourRange,
    #[serde(with = "siting")]
    siting: ChromaSiting,
}

/// Orientation as a map.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "streamlib_abi::media::Orientation")]
pub(crate) struct OrientationByName {
    quarter_turns: u8,
    mirrored: u8,
}
