//! Tables for people: columns as wide as they must be, numbers to the right, no lines drawn.

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// A table with its heads.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    heads: Vec<(&'static str, Side)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows. A head that begins with `>` is of a column of numbers.
    pub(crate) fn new(heads: &[&'static str]) -> Self {
        let side = |head: &&'static str| match head.strip_prefix('>') {
            Some(head) => (head, Side::Right),
            None => (*head, Side::Left),
        };
        Self { heads: heads.iter().map(side).collect(), rows: Vec::new() }
    }

    /// Adds a row; it has as many cells as there are heads.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, each line ended. Columns that are empty in every row are left out.
    pub(crate) fn to_text(&self) -> String {
        let is_used = |column: &usize| {
            self.rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty()))
        };
        let columns: Vec<usize> = (0..self.heads.len()).filter(is_used).collect();
        let heads = self.heads.iter().map(|(head, _)| (*head).to_owned()).collect();
        let lines: Vec<&Vec<String>> = std::iter::once(&heads).chain(&self.rows).collect();
        let mut text = String::new();
        for line in &lines {
            let mut written = String::new();
            for column in &columns {
                let cell = line.get(*column).map(String::as_str).unwrap_or_default();
                let cells = lines.iter().filter_map(|line| line.get(*column));
                let width = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
                let padding = " ".repeat(width - cell.chars().count());
                if !written.is_empty() {
                    written.push_str("  ");
                }
                match self.heads[*column].1 {
                    Side::Left => written.extend([cell, &padding]),
                    Side::Right => written.extend([&padding, cell]),
                }
            }
            text.push_str(written.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be_and_empty_ones_are_left_out() {
        let mut table = Table::new(&["NAME", ">CALLS", "NOTE", "STATE"]);
        table.row(["a", "1200", "", "running"].map(str::to_owned));
        table.row(["größer", "3", "", "é"].map(str::to_owned));
        assert_eq!(
            table.to_text(),
            "NAME    CALLS  STATE\n\
             a        1200  running\n\
             größer      3  é\n"
        );
    }
}
