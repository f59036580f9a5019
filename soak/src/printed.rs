use std::io::{self, BufRead};

use serde::Deserialize;

use super::run::Rooms;

/// The output of an example: one line for each call of a handler.
#[derive(Debug, Default)]
pub(super) struct Printed {
    /// How often each honest delivery was handled, by the number of its room.
    honest: Vec<u8>,
    pub(super) forged: u64,
    /// The number of lines that belong to no delivery.
    pub(super) strange: u64,
}

#[derive(Deserialize)]
struct Line<'a> {
    room_id: &'a str,
}

impl Printed {
    /// Reads the output to its end.
    pub(super) fn read(mut output: impl BufRead) -> io::Result<Self> {
        let (mut printed, mut line) = (Self::default(), Vec::new());
        while output.read_until(b'\n', &mut line)? > 0 {
            printed.count(&line);
            line.clear();
        }
        Ok(printed)
    }

    /// The number of deliveries, of the first `honest` ones, that were not handled.
    pub(super) fn missing(&self, honest: u32) -> usize {
        (0..honest as usize).filter(|&number| self.times(number) == 0).count()
    }

    /// The number of honest deliveries that were handled more than once.
    pub(super) fn twice(&self) -> usize {
        self.honest.iter().filter(|&&times| times > 1).count()
    }

    fn times(&self, number: usize) -> u8 {
        self.honest.get(number).copied().unwrap_or_default()
    }

    fn count(&mut self, line: &[u8]) {
        let room = serde_json::from_slice(line).map_or("", |Line { room_id }| room_id);
        let number =
            room.strip_prefix(Rooms::HONEST).and_then(|number| number.parse::<usize>().ok());
        match number {
            Some(number) => {
                let known = self.honest.len().max(number + 1);
                self.honest.resize(known, 0_u8);
                self.honest[number] = self.honest[number].saturating_add(1);
            }
            None if room.starts_with(Rooms::FORGED) => self.forged += 1,
            None => self.strange += 1,
        }
    }
}
