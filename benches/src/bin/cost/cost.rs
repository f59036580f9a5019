//! What room-hooks and one adapter add to an app.

use std::{collections::BTreeSet, error::Error, path::Path};

use room_hooks_benches::measure::median;

use crate::{
    app::{App, Build},
    framework::Framework,
};

/// What many apps have beside their framework.
const USUAL: &str = r#"serde = { version = "1", features = ["derive"] }
serde_json = "1"
tracing = "0.1"
"#;

pub struct Cost {
    framework: &'static Framework,
    bare_crates: usize,
    added: Vec<String>,
    added_to_usual: Vec<String>,
    /// None if the apps were not built.
    builds: Option<Builds>,
}

struct Builds {
    bare_seconds: f64,
    seconds_added: f64,
    bare_bytes: u64,
    bytes_added: i64,
}

impl Cost {
    /// Counts crates, and builds each app as often as asked for.
    pub fn of(framework: &'static Framework, runs: usize) -> Result<Self, Box<dyn Error>> {
        let name = framework.name;
        let bare = framework.dependencies;
        let usual = format!("{bare}{USUAL}");
        let hooks = adapter(framework);

        // The app that has everything takes the versions that the project is tested with, and the newest
        // of what the project has not. All others take its versions, so that they differ in nothing else.
        let project_lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
        let app = |kind: &str, dependencies: &str, source: &str, lock: &Path| {
            App::generate(&format!("{name}-{kind}"), dependencies, source, lock)
        };
        let usual_hooks_app =
            app("usual-hooks", &format!("{usual}{hooks}"), framework.hooks_source, &project_lock)?;
        let usual_hooks_crates = usual_hooks_app.crates()?;
        let lock = usual_hooks_app.lock();
        let usual_crates = app("usual", &usual, framework.bare_source, &lock)?.crates()?;
        let hooks_app = app("hooks", &format!("{bare}{hooks}"), framework.hooks_source, &lock)?;
        let hooks_crates = hooks_app.crates()?;
        let bare_app = app("bare", bare, framework.bare_source, &lock)?;
        let bare_crates = bare_app.crates()?;

        Ok(Self {
            framework,
            bare_crates: bare_crates.len(),
            added: added(&bare_crates, &hooks_crates),
            added_to_usual: added(&usual_crates, &usual_hooks_crates),
            builds: (runs > 0)
                .then(|| Builds::of(name, &bare_app, &hooks_app, runs))
                .transpose()?,
        })
    }

    pub fn row(&self) -> Vec<String> {
        let mut row = vec![
            self.framework.name.to_owned(),
            self.bare_crates.to_string(),
            self.added.len().to_string(),
            self.added_to_usual.len().to_string(),
        ];
        row.extend(match &self.builds {
            None => ["–"; 4].map(str::to_owned),
            Some(builds) => [
                format!("{:.1}", builds.bare_seconds),
                format!("{:.1}", builds.seconds_added),
                builds.bare_bytes.to_string(),
                builds.bytes_added.to_string(),
            ],
        });
        row
    }

    pub fn print_names(&self) {
        let Self { framework: Framework { name, .. }, added, added_to_usual, .. } = self;
        println!("\nAdded to the bare {name} app: {}.", added.join(", "));
        println!("\nAdded to one with serde and tracing: {}.", added_to_usual.join(", "));
    }
}

impl Builds {
    fn of(name: &str, bare: &App, hooks: &App, runs: usize) -> Result<Self, Box<dyn Error>> {
        let mut pairs: Vec<(Build, Build)> = Vec::with_capacity(runs);
        for run in 1..=runs {
            eprintln!("{name}: building the bare app and the one with hooks, {run} of {runs}");
            pairs.push((bare.build()?, hooks.build()?));
        }
        let (last_bare, last_hooks) = pairs.last().ok_or("nothing was built")?;
        Ok(Self {
            bare_seconds: median(pairs.iter().map(|(bare, _)| bare.seconds)),
            seconds_added: median(pairs.iter().map(|(bare, hooks)| hooks.seconds - bare.seconds)),
            bare_bytes: last_bare.bytes,
            bytes_added: i64::try_from(last_hooks.bytes)? - i64::try_from(last_bare.bytes)?,
        })
    }
}

fn adapter(framework: &Framework) -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let (crates, adapter) = (crates.display(), framework.adapter);
    format!(
        "room-hooks = {{ path = '{crates}/room-hooks', features = [\"hooks\"] }}\n\
         {adapter} = {{ path = '{crates}/{adapter}' }}\n"
    )
}

fn added(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Vec<String> {
    after.difference(before).cloned().collect()
}
