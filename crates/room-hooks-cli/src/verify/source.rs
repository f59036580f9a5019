use std::path::PathBuf;

use clap::Args;

use crate::{Error, input, provider::ProviderName};

use super::read::{self, Request};

/// The maximum size of an input. Callbacks are far smaller, and a part of a larger log or HAR file
/// is enough.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// The source of the requests.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// A capture in any of the formats below, or `-` for standard input
    #[arg(value_name = "FILE", required_unless_present_any = ["body_file", "query", "headers"])]
    file: Option<PathBuf>,
    /// The query, without the question mark (Tencent), if FILE lacks it
    #[arg(long)]
    query: Option<String>,
    /// A header (TRTC), if FILE lacks it
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// The body, byte for byte, if FILE lacks it
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("missing `:`, as in `Sign: …`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

impl Source {
    /// The requests of the capture, completed by the options.
    pub(super) fn requests(&self, provider: Option<ProviderName>) -> Result<Vec<Request>, Error> {
        let mut requests = match &self.file {
            Some(file) => {
                let bytes = input::read_at_most(file, MOST_BYTES)?;
                read::requests(&bytes, provider.is_some())
                    .map_err(|error| format!("{}: {error}", input::name(file)))?
            }
            None => vec![Request::default()],
        };
        let complements = [
            (self.query.is_some(), "--query"),
            (!self.headers.is_empty(), "--header"),
            (self.body_file.is_some(), "--body-file"),
        ];
        let given: Vec<_> = complements.iter().filter(|(is_given, _)| *is_given).collect();
        if let ([(_, flag), ..], [request, others @ ..]) = (&given[..], &mut requests[..]) {
            if !others.is_empty() {
                let count = others.len() + 1;
                return Err(format!("{flag} is for one request, but FILE has {count}").into());
            }
            self.complement(request)?;
        }
        if let Some(provider) = provider {
            requests.iter_mut().for_each(|request| request.provider = Some(provider));
        }
        Ok(requests)
    }

    fn complement(&self, request: &mut Request) -> Result<(), Error> {
        let conflict = |part, flag| format!("FILE already has {part}: omit {flag}");
        if let Some(query) = &self.query {
            if request.query.as_ref().is_some_and(|query| !query.is_empty()) {
                return Err(conflict("a query", "--query").into());
            }
            // The option also accepts a whole URL.
            let query = query.split_once('?').map_or(&**query, |(_, query)| query);
            request.query = Some(query.to_owned());
        }
        for (name, value) in &self.headers {
            let headers = request.headers.get_or_insert_default();
            if headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
                return Err(conflict(&format!("a header {name}"), "that --header").into());
            }
            headers.push((name.clone(), value.clone()));
        }
        if let Some(file) = &self.body_file {
            if request.body.as_ref().is_some_and(|body| !body.is_empty()) {
                return Err(conflict("a body", "--body-file").into());
            }
            request.body = Some(input::read_at_most(file, MOST_BYTES)?);
            request.has_lost_bytes = false;
        }
        Ok(())
    }
}
