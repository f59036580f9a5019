use clap::Args;
use ureq::http::uri::PathAndQuery;

use crate::provider::{ProviderName, provider_named};

/// The paths at which the providers' callbacks arrive.
#[derive(Debug, Default, Args)]
pub(crate) struct Paths {
    /// The path of a provider's callbacks, as in zego=/callbacks/zego; may be repeated
    #[arg(long = "path", value_name = "PROVIDER=PATH", value_parser = provider_and_path)]
    paths: Vec<(ProviderName, String)>,
}

fn provider_and_path(text: &str) -> Result<(ProviderName, String), String> {
    let (provider, path) = text.split_once('=').ok_or("missing `=`, as in zego=/callbacks/zego")?;
    let provider = provider_named(provider)?;
    match path.parse::<PathAndQuery>() {
        // Braces are special to the router, and URLs do not contain them.
        Ok(parsed)
            if path.starts_with('/') && parsed.path() == path && !path.contains(['{', '}']) => {}
        _ => return Err(format!("{path} is not a path such as /callbacks/{provider}")),
    }
    Ok((provider, path.to_owned()))
}

impl Paths {
    /// The path given for a provider. The last one wins.
    pub(crate) fn of(&self, provider: ProviderName) -> Option<&str> {
        let mut paths = self.paths.iter().rev();
        paths.find(|(other, _)| *other == provider).map(|(_, path)| &**path)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_a_provider_is_read() {
        assert_eq!(
            provider_and_path("zego=/callbacks/zego"),
            Ok((ProviderName::Zego, "/callbacks/zego".to_owned()))
        );
        assert!(provider_and_path("TRTC=/").is_ok());
        for wrong in [
            "zego",
            "zego=",
            "zego=a",
            "zego=@example.com",
            "zego=/a?b",
            "zego=/a b",
            "zego=/a#b",
            "zego=//a\n",
            "zoom=/a",
            "=/a",
            "zego=http://127.0.0.1/a",
        ] {
            assert!(provider_and_path(wrong).is_err(), "{wrong}");
        }
    }
}
