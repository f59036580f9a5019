//! The completions, as a shell calls them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{fs, process::Command};

use self::program::{folder, ran, run};

/// Completes the last word with the script in the first argument.
const COMPLETE: &str = r#"
source "$0"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
[[ $(complete -p room-hooks) =~ -F\ ([^ ]+) ]]
"${BASH_REMATCH[1]}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
echo "${COMPREPLY[@]}"
"#;

#[test]
fn bash_completes_commands_and_options() {
    let script = folder("completions").join("room-hooks.bash");
    fs::write(&script, run(&["completions", "bash"]).stdout).unwrap();
    for (words, completed) in [
        (&["re"][..], "replay"),
        (&["listen", "--fail"], "--fail-first"),
        (&["inbox", "re"], "retry"),
        (&["inbox", "list", "--old"], "--older-than"),
    ] {
        let mut bash = Command::new("bash");
        bash.arg("-c").arg(COMPLETE).arg(&script).arg("room-hooks").args(words);
        let completion = ran(bash.output().unwrap());
        assert_eq!((&*completion.stdout, &*completion.stderr), (&*format!("{completed}\n"), ""));
    }
}

#[test]
fn completions_are_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let completions = run(&["completions", shell]);
        assert!(completions.status == 0 && completions.stdout.contains("fail-first"), "{shell}");
    }
}
