//! Curves as the panels of one drawing, both axes logarithmic.

use crate::curve::{Curve, Line};

const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 330.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = WIDTH - 20.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = HEIGHT - 54.0;
const COLOURS: [&str; 2] = ["#1b6ca8", "#c0461f"];

/// Draws curves, two in a row, on a white ground whatever it is shown on.
pub fn svg(curves: &[Curve]) -> String {
    let (width, height) = (2.0 * WIDTH, curves.len().div_ceil(2) as f64 * HEIGHT + 36.0);
    let panels: String = curves
        .iter()
        .enumerate()
        .map(|(index, curve)| {
            let (x, y) = ((index % 2) as f64 * WIDTH, (index / 2) as f64 * HEIGHT);
            format!("<g transform=\"translate({x} {y})\">\n{}</g>\n", Panel::of(curve).draw())
        })
        .collect();
    let caption =
        "The time of a delivery. Thin and grey: in proportion. Both axes are logarithmic.";
    let caption = text((width / 2.0, height - 14.0), "middle", "", caption);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="#333">
<rect width="{width}" height="{height}" fill="#fff"/>
{panels}{caption}</svg>
"##
    )
}

/// One curve, and what its axes begin and end with, as decimal logarithms.
struct Panel<'a> {
    curve: &'a Curve,
    sizes: [f64; 2],
    times: [f64; 2],
}

impl<'a> Panel<'a> {
    fn of(curve: &'a Curve) -> Self {
        let points = || curve.lines.iter().flat_map(|line| &line.points);
        let [first, last] = ends(points().map(|point| point.size.log10()));
        let [least, most] = ends(points().map(|point| point.nanoseconds.log10()));
        let margin = (last - first) * 0.05;
        // Two decades at least, lest noise looks like growth.
        let times = [least.floor(), most.ceil().max(least.floor() + 2.0)];
        Self { curve, sizes: [first - margin, last + margin], times }
    }

    fn draw(&self) -> String {
        let lines = &self.curve.lines;
        let mut parts = vec![self.axes()];
        parts.extend(lines.last().and_then(|line| self.proportion(line)));
        parts.extend(lines.iter().zip(COLOURS).map(|(line, colour)| self.line(line, colour)));
        let named = lines.iter().zip(COLOURS).filter(|(line, _)| !line.name.is_empty());
        parts.extend(named.enumerate().map(|(nth, (line, colour))| {
            let place = (LEFT + 12.0, TOP + 16.0 * (nth + 1) as f64);
            text(place, "start", &format!(r#" fill="{colour}""#), line.name)
        }));
        parts.concat()
    }

    fn axes(&self) -> String {
        let Curve { title, axis, lines, .. } = self.curve;
        let middle = f64::midpoint(LEFT, RIGHT);
        let mut parts = vec![
            text((middle, 24.0), "middle", r#" font-size="15" font-weight="bold""#, title),
            text((middle, HEIGHT - 16.0), "middle", "", axis),
        ];
        for exponent in self.times[0] as i32..=self.times[1] as i32 {
            let y = self.y(f64::from(exponent));
            parts.push(stroke(&[(LEFT, y), (RIGHT, y)], "#e4e4e4", 1.0));
            parts.push(text((LEFT - 8.0, y + 4.0), "end", "", &power_of_ten(exponent)));
        }
        // All lines have the same steps.
        for point in lines.iter().take(1).flat_map(|line| &line.points) {
            let x = self.x(point.size.log10());
            parts.push(stroke(&[(x, BOTTOM), (x, BOTTOM + 5.0)], "#333", 1.0));
            parts.push(text((x, BOTTOM + 19.0), "middle", "", &point.label));
        }
        parts.push(stroke(&[(LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)], "#333", 1.0));
        parts.concat()
    }

    fn line(&self, line: &Line, colour: &str) -> String {
        let places: Vec<_> = line
            .points
            .iter()
            .map(|point| (self.x(point.size.log10()), self.y(point.nanoseconds.log10())))
            .collect();
        let dots = places.iter().map(|(x, y)| {
            format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>\n")
        });
        stroke(&places, colour, 2.0) + &dots.collect::<String>()
    }

    /// Where the line would be if its last point were as it is and all cost in proportion.
    fn proportion(&self, line: &Line) -> Option<String> {
        let last = line.points.last()?;
        let (size, time) = (last.size.log10(), last.nanoseconds.log10());
        let back = (size - self.sizes[0]).min(time - self.times[0]);
        let on = (self.sizes[1] - size).min(self.times[1] - time);
        let ends = [-back, on].map(|by| (self.x(size + by), self.y(time + by)));
        Some(stroke(&ends, "#999", 1.0))
    }

    fn x(&self, size: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * (size - self.sizes[0]) / (self.sizes[1] - self.sizes[0])
    }

    fn y(&self, time: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * (time - self.times[0]) / (self.times[1] - self.times[0])
    }
}

fn ends(figures: impl Iterator<Item = f64>) -> [f64; 2] {
    figures.fold([f64::INFINITY, f64::NEG_INFINITY], |[least, most], figure| {
        [least.min(figure), most.max(figure)]
    })
}

fn power_of_ten(nanoseconds: i32) -> String {
    let unit = ["ns", "µs", "ms", "s"][nanoseconds as usize / 3];
    format!("{} {unit}", 10_u32.pow(nanoseconds as u32 % 3))
}

fn text((x, y): (f64, f64), anchor: &str, more: &str, text: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\"{more}>{text}</text>\n")
}

fn stroke(places: &[(f64, f64)], colour: &str, width: f64) -> String {
    let places: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let places = places.join(" ");
    format!(
        "<polyline points=\"{places}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>\n"
    )
}
