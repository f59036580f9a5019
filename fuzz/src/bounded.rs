//! Runs a target with the seeds in its corpus and with mutations of them, so that the tests reach
//! much of the code that fuzzing reaches. The number of mutations is four times `PROPTEST_CASES`.

use std::{fs, path::Path};

use proptest::{
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestRunner},
};

use crate::Target;

pub(crate) fn run(name: &str, target: Target) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let files = fs::read_dir(folder).expect("the target has a corpus");
    let corpus: Vec<_> = files
        .map(|file| file.and_then(|file| fs::read(file.path())).expect("the seed is readable"))
        .collect();
    for input in &corpus {
        // An input that is too short is not a failure.
        let _ = target(input);
    }
    let cases = Config::default().cases * 4;
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let ended = TestRunner::new(config).run(&changed(corpus), |input| {
        let _ = target(&input);
        Ok(())
    });
    assert!(ended.is_ok(), "{}", ended.unwrap_err());
}

/// A seed of the corpus with a part of it replaced, by a part of another seed or by random bytes.
fn changed(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let part = (select(corpus.clone()), any::<[Index; 2]>()).prop_map(|(input, places)| {
        let [begin, end] = places.map(|place| place.index(input.len() + 1));
        input[begin.min(end)..begin.max(end)].to_vec()
    });
    let inserted = prop_oneof![part, prop::collection::vec(any::<u8>(), 0..9)];
    (select(corpus), any::<Index>(), 0..9_usize, inserted).prop_map(
        |(mut input, place, taken, inserted)| {
            let begin = place.index(input.len() + 1);
            let end = (begin + taken).min(input.len());
            input.splice(begin..end, inserted);
            input
        },
    )
}
