//! Chromium without a window, as a user's browser. Everything panics if it fails.

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

/// For how long an element or a condition is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The key that moves the focus to the next element, as WebDriver writes it.
pub(crate) const TAB: &str = "\u{e004}";

/// The key that follows a link or presses a button.
pub(crate) const ENTER: &str = "\u{e007}";

/// Runs tests, or shows them as ignored where there is no browser.
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

/// A browser with a page, by WebDriver. Its processes are killed when this is dropped, and its files are removed.
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

    /// Starts a browser that knows nothing yet.
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

    /// The text of the first element that a CSS selector finds, as it is seen. Waits for the element.
    pub(crate) fn text(&self, selector: &str) -> String {
        self.with(Locator::Css(selector), async |element| element.text().await)
    }

    /// The texts of all elements that are there by now.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        self.steadily(selector, async || {
            let mut texts = Vec::new();
            for element in self.client.find_all(Locator::Css(selector)).await? {
                texts.push(element.text().await?);
            }
            Ok(texts)
        })
    }

    /// Clicks on an element, for which it waits.
    pub(crate) fn click(&self, selector: &str) {
        self.with(Locator::Css(selector), async |element| element.click().await);
    }

    /// Follows a link with this text, for which it waits.
    pub(crate) fn follow(&self, text: &str) {
        self.with(Locator::LinkText(text), async |link| link.click().await);
    }

    /// Types a text into a field, instead of the one that is there.
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

    /// Runs JavaScript in the page and returns what it returns.
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

    /// Makes the page so large, which may be smaller than a window can be.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Says whether the user prefers dark pages.
    pub(crate) fn prefer_dark(&self, is_dark: bool) {
        let value = if is_dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.devtools("Emulation.setEmulatedMedia", &media);
    }

    /// Runs no script of the pages that are opened from now on.
    pub(crate) fn disable_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    }

    /// Writes what is seen of the page to a PNG file.
    pub(crate) fn screenshot(&self, path: &Path) {
        fs::write(path, self.wait(self.client.screenshot())).unwrap();
    }

    /// Does something with an element, for which it waits.
    fn with<T>(
        &self,
        locator: Locator<'_>,
        action: impl AsyncFn(Element) -> Result<T, CmdError>,
    ) -> T {
        self.steadily(&format!("{locator:?}"), async || {
            action(self.client.wait().at_most(PATIENCE).for_element(locator).await?).await
        })
    }

    /// Repeats what has met an element of a page that another one was just replacing.
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

    /// A command that WebDriver does not have, in the protocol of Chromium's developer tools.
    fn devtools(&self, name: &str, parameters: &Value) {
        let session = self.wait(self.client.session_id()).unwrap();
        let url = format!("{}/session/{session}/goog/cdp/execute", self.driver.url);
        let command = json!({"cmd": name, "params": parameters}).to_string();
        ureq::post(url).content_type("application/json").send(command).unwrap();
    }
}

/// Whether the page was replaced between two steps of one command. Chromedriver reports most such races as a stale
/// element, but passes on some of the developer tools' own errors, such as "Node with given id does not belong to the
/// document", as unknown ones.
fn is_passing(error: &CmdError) -> bool {
    error.is_stale_element_reference() || error.is_unknown_error()
}

/// `chromedriver` on a loopback port of its own, and the browser that it starts.
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
        // A group of its own, to which the browser belongs as well: so they end together.
        command.arg("--port=0").process_group(0).stdin(Stdio::null()).stderr(Stdio::null());
        let process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut driver = Self { process, url: String::new(), files };
        let mut stdout = BufReader::new(driver.process.stdout.take().unwrap());
        let mut line = String::new();
        while stdout.read_line(&mut line).unwrap() > 0 {
            if let Some((_, port)) = line.trim_end().split_once("successfully on port ") {
                driver.url = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
                // It must be able to say more.
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
