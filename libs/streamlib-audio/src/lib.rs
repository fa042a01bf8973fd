//! Audio processors of StreamLib: resampler, mixer, channel converter.
