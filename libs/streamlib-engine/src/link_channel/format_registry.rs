//! Numbers for the formats of a graph. Looked up only when a format changes, never per frame.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use streamlib_schema::Format;

/// Numbers for the formats of a graph, from 1. The same format always has the same number.
#[derive(Debug, Default)]
pub(crate) struct FormatRegistry(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    by_json: HashMap<String, u32>,
    formats: Vec<Arc<Format>>,
}

impl FormatRegistry {
    /// The number of the format with this canonical JSON; `None` if it is not a format.
    pub(crate) fn number(&self, json: &str) -> Option<u32> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.by_json.get(json) {
            return Some(*number);
        }
        drop(known);
        let format: Format = serde_json::from_str(json).ok()?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.by_json.get(json) {
            return Some(*number);
        }
        known.formats.push(Arc::new(format));
        let number = u32::try_from(known.formats.len()).ok()?;
        known.by_json.insert(json.to_owned(), number);
        Some(number)
    }

    /// The format with this number.
    pub(crate) fn format(&self, number: u32) -> Option<Arc<Format>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.formats.get((number as usize).checked_sub(1)?).cloned()
    }
}
