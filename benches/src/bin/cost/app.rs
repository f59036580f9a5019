//! A generated package, and what cargo says of it.

use std::{
    collections::BTreeSet,
    env::consts::EXE_SUFFIX,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

/// What would have cargo build elsewhere, or take from a cache what is to be built.
const NOT_PASSED_ON: [&str; 5] = [
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_TARGET",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
];

pub struct App {
    folder: PathBuf,
}

pub struct Build {
    pub seconds: f64,
    pub bytes: u64,
}

impl App {
    /// Writes a package of that name, with the versions of a lock file.
    pub fn generate(
        name: &str,
        dependencies: &str,
        source: &str,
        lock: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/cost").join(name);
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), manifest(dependencies))?;
        fs::write(folder.join("src/main.rs"), source)?;
        fs::copy(lock, folder.join("Cargo.lock"))?;
        Ok(Self { folder })
    }

    pub fn lock(&self) -> PathBuf {
        self.folder.join("Cargo.lock")
    }

    /// Name and version of each crate that is compiled for the app on this machine, itself left out.
    /// Downloads them, and completes the lock file.
    pub fn crates(&self) -> Result<BTreeSet<String>, Box<dyn Error>> {
        let tree = self.cargo(&["tree", "--edges", "normal,build", "--prefix", "none"])?;
        // The first line is the app. What follows name and version tells apart nothing that is compiled:
        // `(proc-macro)`, the path, or `(*)` for a repetition.
        tree.lines()
            .skip(1)
            .map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
                [name, version, ..] => Ok(format!("{name} {version}")),
                _ => Err(format!("cargo tree wrote a line without a version: {line:?}").into()),
            })
            .collect()
    }

    /// Builds from nothing what [`crates`](Self::crates) has downloaded.
    pub fn build(&self) -> Result<Build, Box<dyn Error>> {
        let target = self.folder.join("target");
        match fs::remove_dir_all(&target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let begun = Instant::now();
        self.cargo(&["build", "--release", "--locked", "--offline", "--target-dir", "target"])?;
        let seconds = begun.elapsed().as_secs_f64();
        let binary = target.join("release").join(format!("app{EXE_SUFFIX}"));
        Ok(Build { seconds, bytes: fs::metadata(binary)?.len() })
    }

    fn cargo(&self, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
        let mut cargo = Command::new("cargo");
        cargo.args(arguments).arg("--quiet").current_dir(&self.folder);
        for name in NOT_PASSED_ON {
            cargo.env_remove(name);
        }
        let output = cargo.output().map_err(|error| format!("cargo cannot be run: {error}"))?;
        if !output.status.success() {
            let (folder, errors) = (self.folder.display(), String::from_utf8_lossy(&output.stderr));
            return Err(format!("cargo {} in {folder} failed:\n{errors}", arguments[0]).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

fn manifest(dependencies: &str) -> String {
    format!(
        r#"[workspace]

[package]
name = "app"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
{dependencies}
[profile.release]
strip = true
"#
    )
}
