//! What a bench suite found: a table for people, and a file for programs.
//!
//! The file, `target/bench/<suite>.json`, has `suite`, `machine`, `versions`, and `rows`, each with
//! `name`, `value`, `unit`, `peer`, `peer_value`, `ratio`, `budget`, `met`. What a row does not
//! have is `null`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::{files, paths};

/// One measured number, alone or beside a peer's.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// What was measured.
    pub(crate) name: String,
    /// The number.
    pub(crate) value: f64,
    /// Its unit, which is the peer's too.
    pub(crate) unit: &'static str,
    /// The peer's name and number.
    pub(crate) peer: Option<(String, f64)>,
    /// What the row is held to.
    pub(crate) budget: Option<Budget>,
}

/// What a row is held to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Budget {
    /// The value is this or less.
    AtMost(f64),
    /// The value is this many times the peer's, or more.
    RatioAtLeast(f64),
    /// The value is this many times the peer's, or less.
    RatioAtMost(f64),
}

impl Row {
    /// The value divided by the peer's.
    fn ratio(&self) -> Option<f64> {
        let (_, peer_value) = self.peer.as_ref()?;
        (*peer_value != 0.0).then(|| self.value / peer_value)
    }

    /// Whether the budget is met. One that needs a peer is not met without.
    fn met(&self) -> Option<bool> {
        self.budget.map(|budget| match budget {
            Budget::AtMost(limit) => self.value <= limit,
            Budget::RatioAtLeast(limit) => self.ratio().is_some_and(|ratio| ratio >= limit),
            Budget::RatioAtMost(limit) => self.ratio().is_some_and(|ratio| ratio <= limit),
        })
    }

    fn budget(&self) -> Option<String> {
        self.budget.map(|budget| match budget {
            Budget::AtMost(limit) => format!("<= {} {}", number(limit), self.unit),
            Budget::RatioAtLeast(limit) => format!(">= {} x", number(limit)),
            Budget::RatioAtMost(limit) => format!("<= {} x", number(limit)),
        })
    }

    fn cells(&self) -> [String; 6] {
        let or_empty = |text: Option<String>| text.unwrap_or_default();
        let peer = self.peer.as_ref();
        [
            self.name.clone(),
            format!("{} {}", number(self.value), self.unit),
            or_empty(peer.map(|(name, value)| format!("{name}: {} {}", number(*value), self.unit))),
            or_empty(self.ratio().map(|ratio| format!("{} x", number(ratio)))),
            or_empty(self.budget()),
            match self.met() {
                None => String::new(),
                Some(true) => "met".to_owned(),
                Some(false) => "NOT MET".to_owned(),
            },
        ]
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "peer": self.peer.as_ref().map(|(name, _)| name),
            "peer_value": self.peer.as_ref().map(|(_, value)| value),
            "ratio": self.ratio(),
            "budget": self.budget(),
            "met": self.met(),
        })
    }
}

/// The rows as a table with a head.
pub(crate) fn table(rows: &[Row]) -> String {
    let head = ["measured", "value", "peer", "ratio", "budget", ""].map(str::to_owned);
    let lines: Vec<[String; 6]> =
        std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..6).map(|column| width(column).unwrap_or(0)).collect();
    let line = |cells: &[String; 6]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Writes `target/bench/<suite>.json` and returns its path.
pub(crate) fn write(
    suite: &str,
    machine: &BTreeMap<String, String>,
    versions: &BTreeMap<String, String>,
    rows: &[Row],
) -> Result<PathBuf> {
    let folder = paths::bench();
    files::create_folder(&folder)?;
    let path = folder.join(format!("{suite}.json"));
    let rows: Vec<Value> = rows.iter().map(Row::json).collect();
    let report = json!({ "suite": suite, "machine": machine, "versions": versions, "rows": rows });
    std::fs::write(&path, format!("{report:#}\n")).map_err(Error::file(&path))?;
    Ok(path)
}

/// How many rows have a budget that they do not meet.
pub(crate) fn count_not_met(rows: &[Row]) -> usize {
    rows.iter().filter(|row| row.met() == Some(false)).count()
}

/// Four digits that count, no more.
fn number(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 10.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: f64, peer: Option<f64>, budget: Option<Budget>) -> Row {
        let peer = peer.map(|value| ("theirs".to_owned(), value));
        Row { name: "hop".to_owned(), value, unit: "ns", peer, budget }
    }

    #[test]
    fn a_budget_is_met_or_not() {
        let table = [
            (row(20.0, None, None), None),
            (row(20.0, None, Some(Budget::AtMost(20.0))), Some(true)),
            (row(20.1, None, Some(Budget::AtMost(20.0))), Some(false)),
            (row(20.0, Some(10.0), Some(Budget::RatioAtLeast(2.0))), Some(true)),
            (row(19.9, Some(10.0), Some(Budget::RatioAtLeast(2.0))), Some(false)),
            (row(20.0, Some(10.0), Some(Budget::RatioAtMost(2.0))), Some(true)),
            (row(20.1, Some(10.0), Some(Budget::RatioAtMost(2.0))), Some(false)),
            (row(20.0, None, Some(Budget::RatioAtMost(2.0))), Some(false)),
        ];
        for (row, met) in table {
            assert_eq!(row.met(), met, "{row:?}");
        }
        assert_eq!(row(20.0, Some(0.0), None).ratio(), None);
    }

    #[test]
    fn the_table_and_the_file_say_the_same() {
        let rows = [row(12.5, Some(100.0), Some(Budget::AtMost(10.0))), row(4321.9, None, None)];
        let lines = [
            "measured  value    peer            ratio    budget",
            "hop       12.5 ns  theirs: 100 ns  0.125 x  <= 10 ns  NOT MET",
            "hop       4322 ns",
        ];
        assert_eq!(table(&rows), lines.join("\n"));
        assert_eq!(
            rows[0].json(),
            json!({"name": "hop", "value": 12.5, "unit": "ns", "peer": "theirs",
                "peer_value": 100.0, "ratio": 0.125, "budget": "<= 10 ns", "met": false})
        );
        assert_eq!(
            rows[1].json(),
            json!({"name": "hop", "value": 4321.9, "unit": "ns", "peer": null,
                "peer_value": null, "ratio": null, "budget": null, "met": null})
        );
        assert_eq!(count_not_met(&rows), 1);
    }
}
