//! The page of an inbox in a real browser. Shown as ignored where Chromium is not installed.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use self::browser::Browser;

fn main() -> ExitCode {
    let trials = vec![trial("the_browser_works", the_browser_works)];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    let trial = Trial::test(name, || -> Result<(), Failed> {
        test();
        Ok(())
    });
    trial.with_ignored_flag(!Browser::is_installed())
}

fn the_browser_works() {
    let browser = Browser::start();
    browser.open("data:text/html,<h1>Rooms</h1><input><button onclick=\"this.textContent=document.querySelector('input').value\">Enter</button>");
    assert_eq!(browser.text("h1"), "Rooms");
    browser.fill("input", "lobby");
    browser.click("button");
    browser.wait_until("the button is named", |browser| browser.texts("button") == ["lobby"]);
    for (is_dark, width) in [(false, 1_200), (true, 360)] {
        browser.prefer_dark(is_dark);
        browser.resize(width, 600);
        let seen =
            browser.run("return [matchMedia('(prefers-color-scheme: dark)').matches, innerWidth]");
        assert_eq!(seen, serde_json::json!([is_dark, width]));
    }
}
