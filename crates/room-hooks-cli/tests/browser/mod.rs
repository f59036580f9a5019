//! Headless Chromium, as a user's browser. Every failure panics.

#![allow(dead_code, reason = "no test needs all of it")]

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{self, Child, Command, ExitCode, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, error::CmdError};
use hyper_util::client::legacy::connect::HttpConnector;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

/// How long to wait for an element or a condition.
const PATIENCE: Duration = Duration::from_secs(20);

/// The key that moves the focus to the next element, as WebDriver writes it.
pub(crate) const TAB: &str = "\u{e004}";

/// The key that follows a link or presses a button.
pub(crate) const ENTER: &str = "\u{e007}";

/// Runs tests, or shows them as ignored if no browser is installed.
pub(crate) fn run<const N: usize>(tests: [(&'static str, fn()); N]) -> ExitCode {
    let trials = tests.map(|(name, test)| {
        let trial = Trial::test(name, move || -> Result<(), Failed> {
            test();
            Ok(())
        });
        trial.with_ignored_flag(!Browser::is_installed())
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

/// A browser with a page, controlled through WebDriver. Dropping it kills its processes and removes
/// its files.
pub(crate) struct Browser {
    client: Client,
    runtime: Runtime,
    driver: Driver,
}

impl Browser {
    /// Whether Chromium and its driver are on the path.
    fn is_installed() -> bool {
        program("chromedriver").is_some() && program("chromium").is_some()
    }

    /// Starts a browser with an empty profile.
    pub(crate) fn start() -> Self {
        let driver = Driver::start();
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--window-size=1200,900",
        ];
        let mut arguments = arguments.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", driver.files.display()));
        let options = json!({"binary": program("chromium"), "args": arguments});
        let capabilities = json!({"browserName": "chrome", "goog:chromeOptions": options});
        let Value::Object(capabilities) = capabilities else { unreachable!() };

        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let connect = builder.capabilities(capabilities).connect(&driver.url);
        let client = runtime.block_on(connect).unwrap();
        Self { client, runtime, driver }
    }

    /// Opens a page, and waits until it has loaded.
    pub(crate) fn open(&self, url: &str) {
        self.wait(self.client.goto(url));
    }

    /// The address of the page.
    pub(crate) fn url(&self) -> String {
        self.wait(self.client.current_url()).into()
    }

    /// The visible text of the first element that matches a CSS selector. Waits for the element.
    pub(crate) fn text(&self, selector: &str) -> String {
        self.with(Locator::Css(selector), async |element| element.text().await)
    }

    /// The texts of all elements that currently match a CSS selector.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        self.steadily(selector, async || {
            let mut texts = Vec::new();
            for element in self.client.find_all(Locator::Css(selector)).await? {
                texts.push(element.text().await?);
            }
            Ok(texts)
        })
    }

    /// Waits for an element, and clicks it.
    pub(crate) fn click(&self, selector: &str) {
        self.with(Locator::Css(selector), async |element| element.click().await);
    }

    /// Waits for a link with this text, and follows it.
    pub(crate) fn follow(&self, text: &str) {
        self.with(Locator::LinkText(text), async |link| link.click().await);
    }

    /// Replaces the text of a field.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        self.with(Locator::Css(selector), async |field| {
            field.clear().await?;
            field.send_keys(text).await
        });
    }

    /// Types into the element that has the focus.
    pub(crate) fn press(&self, keys: &str) {
        let focused = self.wait(self.client.active_element());
        self.wait(focused.send_keys(keys));
    }

    /// Runs JavaScript in the page, and returns its result.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.wait(self.client.execute(script, Vec::new()))
    }

    /// Runs JavaScript that calls its last argument with the result: `arguments[0](1)`.
    pub(crate) fn run_async(&self, script: &str) -> Value {
        self.wait(self.client.execute_async(script, Vec::new()))
    }

    /// Waits until a condition holds.
    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !condition(self) {
            if begun.elapsed() > PATIENCE {
                panic!("not within {PATIENCE:?}: {what}, but:\n{}", self.text("body"));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sets the size of the page, which may be smaller than a window can be.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Sets whether the user prefers dark pages.
    pub(crate) fn prefer_dark(&self, is_dark: bool) {
        let value = if is_dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.devtools("Emulation.setEmulatedMedia", &media);
    }

    /// Disables the scripts of pages that are opened from now on.
    pub(crate) fn disable_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    }

    /// Writes the visible part of the page to a PNG file.
    pub(crate) fn screenshot(&self, path: &Path) {
        fs::write(path, self.wait(self.client.screenshot())).unwrap();
    }

    /// Waits for an element, and does something with it.
    fn with<T>(
        &self,
        locator: Locator<'_>,
        action: impl AsyncFn(Element) -> Result<T, CmdError>,
    ) -> T {
        self.steadily(&format!("{locator:?}"), async || {
            action(self.client.wait().at_most(PATIENCE).for_element(locator).await?).await
        })
    }

    /// Repeats an attempt that failed because another page was just replacing the page of its
    /// element.
    fn steadily<T>(&self, what: &str, attempt: impl AsyncFn() -> Result<T, CmdError>) -> T {
        let begun = Instant::now();
        loop {
            match self.runtime.block_on(attempt()) {
                Ok(done) => return done,
                Err(error) if is_passing(&error) && begun.elapsed() < PATIENCE => {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(error) => panic!("{what}: {error}"),
            }
        }
    }

    fn wait<T>(&self, operation: impl Future<Output = Result<T, CmdError>>) -> T {
        self.runtime.block_on(operation).unwrap()
    }

    /// Runs a command of the Chrome DevTools Protocol, for features that WebDriver does not have.
    fn devtools(&self, name: &str, parameters: &Value) {
        let session = self.wait(self.client.session_id()).unwrap();
        let url = format!("{}/session/{session}/goog/cdp/execute", self.driver.url);
        let command = json!({"cmd": name, "params": parameters}).to_string();
        ureq::post(url).content_type("application/json").send(command).unwrap();
    }
}

/// Whether the page was replaced between two steps of one command. Chromedriver reports most such
/// races as a stale element, but reports some errors of the developer tools, such as "Node with
/// given id does not belong to the document", as unknown errors.
fn is_passing(error: &CmdError) -> bool {
    error.is_stale_element_reference() || error.is_unknown_error()
}

/// `chromedriver` on its own loopback port, and the browser that it starts.
struct Driver {
    process: Child,
    url: String,
    files: PathBuf,
}

impl Driver {
    fn start() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let files = format!("browser-{}-{number}", process::id());
        let files = Path::new(env!("CARGO_TARGET_TMPDIR")).join(files);
        fs::create_dir_all(&files).unwrap();

        let mut command = Command::new(program("chromedriver").unwrap());
        // Its own process group, to which the browser also belongs, so that both end together.
        command.arg("--port=0").process_group(0).stdin(Stdio::null()).stderr(Stdio::null());
        let process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut driver = Self { process, url: String::new(), files };
        let mut stdout = BufReader::new(driver.process.stdout.take().unwrap());
        let mut line = String::new();
        while stdout.read_line(&mut line).unwrap() > 0 {
            if let Some((_, port)) = line.trim_end().split_once("successfully on port ") {
                driver.url = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
                // Keeps reading, so that the driver never blocks on a full pipe.
                thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
                return driver;
            }
            line.clear();
        }
        panic!("chromedriver does not start")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let kill = format!("kill -KILL -{}", self.process.id());
        let _ = Command::new("sh").args(["-c", &kill]).status();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.files);
    }
}

fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file())
}
