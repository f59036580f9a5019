//! Tables in the form of `docs/performance.md`.

/// Prints a Markdown table under a heading.
pub fn print(title: &str, header: &[&str], rows: &[Vec<String>]) {
    println!("\n### {title}\n");
    println!("| {} |", header.join(" | "));
    println!("|---{}|", "|---:".repeat(header.len().saturating_sub(1)));
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
}

/// Formats a time in a suitable unit.
#[must_use]
pub fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        ..1e3 => format!("{nanoseconds:.0} ns"),
        ..1e6 => format!("{:.2} µs", nanoseconds / 1e3),
        _ => format!("{:.2} ms", nanoseconds / 1e6),
    }
}

/// Formats a ratio.
#[must_use]
pub fn ratio(ratio: f64) -> String {
    format!("{ratio:.2}")
}
