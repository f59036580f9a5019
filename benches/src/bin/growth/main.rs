//! How the cost of a delivery grows: with its size, and with what is configured.
//!
//! `cargo run --release --bin growth [-- --smoke]` prints tables and draws `docs/growth.svg`; a smoke run
//! draws into the temporary folder.

mod curve;
mod handlers;
mod plot;
mod receiving;
mod subject;

use std::{env, error::Error, fs, path::Path, process};

use room_hooks_benches::is_smoke_run;

fn main() -> Result<(), Box<dyn Error>> {
    let subjects =
        [receiving::body_size()?, receiving::apps()?, receiving::secrets()?, handlers::handlers()?];
    let curves = subjects.map(subject::Subject::measure);
    for curve in &curves {
        curve.print();
    }
    let svg = plot::svg(&curves);
    if is_smoke_run() {
        let path = env::temp_dir().join(format!("growth-{}.svg", process::id()));
        fs::write(&path, &svg)?;
        let written = fs::read_to_string(&path)?;
        fs::remove_file(&path)?;
        return check(&written);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/growth.svg");
    fs::write(&path, &svg)?;
    println!("\nDrawn into {}.", path.display());
    Ok(())
}

/// Whether a drawing is one: every element is closed, and every figure is a number.
fn check(svg: &str) -> Result<(), Box<dyn Error>> {
    let count = |part: &str| svg.matches(part).count();
    let closed = count("<") == 2 * count("</") + count("/>") && count("<") == count(">");
    let whole = svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>");
    let numbers = !["NaN", "inf"].iter().any(|word| svg.contains(word));
    if closed && whole && numbers { Ok(()) } else { Err("the drawing is not well formed".into()) }
}
