//! Tables as `docs/performance.md` has them.

/// Prints a table in Markdown, under a heading of its own.
pub fn print(title: &str, header: &[&str], rows: &[Vec<String>]) {
    println!("\n### {title}\n");
    println!("| {} |", header.join(" | "));
    println!("|---{}|", "|---:".repeat(header.len().saturating_sub(1)));
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
}

/// A time in the unit that it is read in best.
#[must_use]
pub fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        ..1e3 => format!("{nanoseconds:.0} ns"),
        ..1e6 => format!("{:.2} µs", nanoseconds / 1e3),
        _ => format!("{:.2} ms", nanoseconds / 1e6),
    }
}

/// A ratio.
#[must_use]
pub fn ratio(ratio: f64) -> String {
    format!("{ratio:.2}")
}
