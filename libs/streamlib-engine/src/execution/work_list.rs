//! The work list of a strand: which of its processors to look at next. Never grows, no recursion.

/// A stack of positions in a strand, each at most once.
#[derive(Debug, Default)]
pub(crate) struct WorkList {
    stack: Vec<u32>,
    listed: Vec<bool>,
}

impl WorkList {
    /// A list for a strand of `members` processors.
    pub(crate) fn new(members: usize) -> Self {
        Self { stack: Vec::with_capacity(members), listed: vec![false; members] }
    }

    /// Puts `index` on top, unless it is listed already.
    #[inline]
    pub(crate) fn push(&mut self, index: u32) {
        if let Some(listed) = self.listed.get_mut(index as usize)
            && !*listed
        {
            *listed = true;
            self.stack.push(index);
        }
    }

    /// Takes the position on top.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<u32> {
        let index = self.stack.pop()?;
        self.listed[index as usize] = false;
        Some(index)
    }
}
