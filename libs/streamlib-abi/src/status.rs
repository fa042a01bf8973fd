//! What a table function answers. Negative numbers are failures, others are outcomes.

/// The answer of a function in a port table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Status(pub i32);

impl Status {
    /// Done.
    pub const OK: Self = Self(0);
    /// There is nothing to read now.
    pub const EMPTY: Self = Self(1);
    /// A lossless link has no room: nothing was sent, the frame is still the caller's.
    pub const FULL: Self = Self(2);
    /// The pool of the port has no free buffer.
    pub const NO_BUFFER: Self = Self(3);
    /// No link is connected to the port: the frame was counted and dropped.
    pub const UNLINKED: Self = Self(4);
    /// The consumer holds more frames than it declared.
    pub const HOLDS_TOO_MANY: Self = Self(5);
    /// The port is not connected to an engine.
    pub const UNBOUND: Self = Self(-1);
    /// An argument is not of the form that the function takes.
    pub const INVALID: Self = Self(-2);
    /// The timestamp is before that of the frame sent last in the same epoch.
    pub const TIME_WENT_BACK: Self = Self(-3);
    /// The request is larger than the memory budget of the graph.
    pub const OVER_BUDGET: Self = Self(-4);
    /// The port has been ended; nothing can be sent on it any more.
    pub const ENDED: Self = Self(-5);
    /// A processor of a plugin failed and told its host why.
    pub const FAILED: Self = Self(-6);
    /// A processor of a plugin panicked; its host was told what it said.
    pub const PANICKED: Self = Self(-7);

    /// True for [`Status::OK`].
    pub const fn is_ok(self) -> bool {
        self.0 == 0
    }
}
