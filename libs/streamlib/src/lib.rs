//! StreamLib: audio, video and data through a live graph of processors.
