//! Tables without borders.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets::NOTHING};

use crate::terminal;

/// Prints each row on one line, however long it is, so that `grep` and `awk` can read it. The
/// columns whose indexes are in `numbers` are aligned on the right.
pub(crate) fn print<const COLUMNS: usize>(
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
    numbers: &[usize],
) -> io::Result<()> {
    writeln!(terminal::out(), "{}", format(rows, numbers))
}

fn format<const COLUMNS: usize>(
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
    numbers: &[usize],
) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.add_rows(rows.into_iter().map(|row| row.map(|cell| terminal::plain(&cell))));
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if numbers.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_their_width_on_a_terminal() {
        let rows = [["n", "room", "error"], ["7", "房间", "late"], ["17", "lobby", ""]];
        let table = format(rows.map(|row| row.map(str::to_owned)), &[0]);
        assert_eq!(table, " n  room   error\n 7  房间   late\n17  lobby");
    }

    #[test]
    fn a_row_is_one_line_however_long_and_whatever_is_in_it() {
        let long = "x".repeat(500);
        let rows = [[long.clone(), "a".into()], ["two\nlines\t\u{1b}[31m".into(), "b".into()]];
        let table = format(rows, &[]);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines[0], format!("{long}  a"));
        assert_eq!(lines[1], format!("{:<500}  b", "two\u{fffd}lines\u{fffd}\u{fffd}[31m"));
        assert_eq!(lines.len(), 2);
    }
}
