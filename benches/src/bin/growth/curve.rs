use room_hooks_benches::table;

/// How a cost grows.
pub struct Curve {
    pub title: &'static str,
    /// What is counted.
    pub axis: &'static str,
    /// One of it.
    pub one: &'static str,
    pub lines: Vec<Line>,
}

pub struct Line {
    pub name: &'static str,
    pub points: Vec<Point>,
}

pub struct Point {
    pub size: f64,
    pub label: String,
    pub nanoseconds: f64,
}

impl Curve {
    pub fn print(&self) {
        let rows: Vec<_> = self.lines.iter().flat_map(Line::rows).collect();
        let each = format!("time / {}", self.one);
        table::print(self.title, &[self.axis, "", "time", &each, "beside the first"], &rows);
    }
}

impl Line {
    fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        let first = self.points.first().map_or(f64::NAN, |point| point.nanoseconds);
        self.points.iter().map(move |point| {
            vec![
                point.label.clone(),
                self.name.to_owned(),
                table::time(point.nanoseconds),
                format!("{:.2} ns", point.nanoseconds / point.size),
                table::ratio(point.nanoseconds / first),
            ]
        })
    }
}
