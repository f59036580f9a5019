//! The man pages, as a packager generates them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{collections::BTreeSet, fs};

use self::program::{folder, run};

/// The commands that a help text lists, and their subcommands.
fn commands(path: &[&str]) -> Vec<String> {
    let help = run(&[path, &["--help"]].concat()).stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split_once(' '))
        .filter_map(|(name, _)| Some(name).filter(|name| !matches!(*name, "" | "help")));
    names
        .flat_map(|name| {
            let path = [path, &[name]].concat();
            [vec![path.join("-")], commands(&path)].concat()
        })
        .collect()
}

#[test]
fn every_command_has_a_man_page_with_its_exit_status() {
    let dir = folder("man").join("man1");
    let written = run(&["man", "--dir", dir.to_str().unwrap()]);
    assert_eq!((written.status, &*written.stdout, &*written.stderr), (0, "", ""));

    let listed = commands(&[]);
    assert!(listed.len() > 15 && listed.contains(&"inbox-list".to_owned()), "{listed:?}");
    let mut expected: BTreeSet<_> =
        listed.iter().map(|name| format!("room-hooks-{name}.1")).collect();
    expected.insert("room-hooks.1".to_owned());
    let mut found = BTreeSet::new();
    for file in fs::read_dir(&dir).unwrap() {
        let file = file.unwrap();
        let page = fs::read_to_string(file.path()).unwrap();
        let name = file.file_name().into_string().unwrap();
        let title = name.strip_suffix(".1").unwrap();
        let version = env!("CARGO_PKG_VERSION");
        let head = format!(".TH {title} 1 \" \" \"room-hooks {version}\" \"room-hooks manual\"\n");
        assert!(page.contains(&head), "{page}");
        let (_, statuses) = page.split_once(".SH \"EXIT STATUS\"\n").unwrap();
        assert!(statuses.starts_with(".TP\n\\fB0\\fR\n"), "{name}: {statuses}");
        found.insert(name);
    }
    assert_eq!(found, expected);
    assert_eq!(run(&["man"]).stdout, fs::read_to_string(dir.join("room-hooks.1")).unwrap());
}

#[test]
fn examples_keep_their_lines_in_a_man_page() {
    let dir = folder("man-examples");
    assert_eq!(run(&["man", "--dir", dir.to_str().unwrap()]).status, 0);
    let page = fs::read_to_string(dir.join("room-hooks-replay.1")).unwrap();
    let (_, examples) = page.split_once(".SH EXAMPLES\n").unwrap();
    assert!(
        examples.starts_with(".nf\n  room\\-hooks replay recording.jsonl\n.fi\n"),
        "{examples}"
    );
    assert!(examples.contains("\n.PP\nA delivery goes to "), "{examples}");
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let file = folder("man-no-directory").join("file");
    fs::write(&file, "").unwrap();
    let dir = file.join("man1");
    let failed = run(&["man", "--dir", dir.to_str().unwrap()]);
    assert_eq!(failed.status, 2);
    assert!(failed.stderr.contains(dir.to_str().unwrap()), "{}", failed.stderr);
}
