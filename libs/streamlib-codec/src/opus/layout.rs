//! Channel orders: Opus has that of Vorbis (RFC 7845 clause 5.1.1.2), StreamLib that of
//! WAVE_FORMAT_EXTENSIBLE.

use streamlib_abi::media::{ChannelLayout, MAX_CHANNELS, Speaker};

use Speaker::{
    BackCenter, BackLeft, BackRight, FrontCenter, FrontLeft, FrontRight, LowFrequency, SideLeft,
    SideRight,
};

/// The speakers of mapping family 1 for 1 to 8 channels, in the order of the Opus channels.
const FAMILY_1: [&[Speaker]; MAX_CHANNELS] = [
    &[FrontCenter],
    &[FrontLeft, FrontRight],
    &[FrontLeft, FrontCenter, FrontRight],
    &[FrontLeft, FrontRight, BackLeft, BackRight],
    &[FrontLeft, FrontCenter, FrontRight, BackLeft, BackRight],
    &[FrontLeft, FrontCenter, FrontRight, BackLeft, BackRight, LowFrequency],
    &[FrontLeft, FrontCenter, FrontRight, SideLeft, SideRight, BackCenter, LowFrequency],
    &[FrontLeft, FrontCenter, FrontRight, SideLeft, SideRight, BackLeft, BackRight, LowFrequency],
];

/// The layout that Opus means by so many channels of family 0 or 1; unknown for other counts.
pub(super) const fn layout_of(channels: usize) -> ChannelLayout {
    match channels {
        1 => ChannelLayout::Mono,
        2 => ChannelLayout::Stereo,
        3 => ChannelLayout::Surround30,
        4 => ChannelLayout::Quad,
        5 => ChannelLayout::Surround50,
        6 => ChannelLayout::Surround51,
        7 => ChannelLayout::Surround61,
        8 => ChannelLayout::Surround71,
        _ => ChannelLayout::Unknown,
    }
}

/// `order[standard channel]` is the Opus channel of the same speaker. Channels beyond the layout
/// stand for themselves.
pub(super) fn opus_order(channels: usize) -> [usize; MAX_CHANNELS] {
    let mut order = std::array::from_fn(|channel| channel);
    let Some(opus) = channels.checked_sub(1).and_then(|at| FAMILY_1.get(at)) else {
        return order;
    };
    for (place, speaker) in order.iter_mut().zip(layout_of(channels).speakers()) {
        if let Some(at) = opus.iter().position(|other| other == speaker) {
            *place = at;
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::{FAMILY_1, layout_of, opus_order};

    #[test]
    fn every_order_names_the_same_speakers() {
        for channels in 1..=8 {
            let speakers = layout_of(channels).speakers();
            assert_eq!(speakers.len(), channels);
            let order = opus_order(channels);
            for (standard, speaker) in speakers.iter().enumerate() {
                assert_eq!(FAMILY_1[channels - 1][order[standard]], *speaker);
            }
        }
        assert_eq!(opus_order(6), [0, 2, 1, 5, 3, 4, 6, 7], "FL FR FC LFE BL BR");
    }
}
