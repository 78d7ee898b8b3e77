//! Whether everything Etude is built from has a licence that `deny.toml` allows.
//!
//! cargo-deny does this and more, but takes some ten minutes to build; where it is not installed, the licences at
//! least are checked here, by the same list.

use std::fs;

use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};
use xtask::metadata::{Metadata, Package};
use xtask::process::{cargo, run, which};
use xtask::{Error, Result, root};

/// Checks; says which of the two it used.
pub(crate) fn check() -> Result<String> {
    if which("cargo-deny").is_some() {
        run(cargo().args(["deny", "check", "bans", "licenses", "sources"]).current_dir(root()))?;
        return Ok("by cargo deny".into());
    }
    let allowed = allowed()?;
    let metadata = Metadata::load()?;
    let packages = metadata.shipped();
    let refused: Vec<_> = packages.iter().filter_map(|package| refusal(package, &allowed)).collect();
    if refused.is_empty() {
        return Ok(format!("{} packages against deny.toml; cargo-deny is not installed", packages.len()));
    }
    Err(Error::Other(format!("not allowed by deny.toml: {}", refused.join(", "))))
}

#[derive(Deserialize)]
struct DenyToml {
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

fn allowed() -> Result<Vec<Licensee>> {
    let path = root().join("deny.toml");
    let text = fs::read_to_string(&path).map_err(Error::io("reading", &path))?;
    let deny: DenyToml =
        toml::from_str(&text).map_err(|error| Error::Other(format!("deny.toml: {error}")))?;
    let parse =
        |name: &String| Licensee::parse(name).map_err(|error| Error::Other(format!("deny.toml: {error}")));
    deny.licenses.allow.iter().map(parse).collect()
}

/// Why the package may not be used, as `name version (reason)`.
fn refusal(package: &Package, allowed: &[Licensee]) -> Option<String> {
    let reason = match package.license.as_deref() {
        None => "gives no licence".to_owned(),
        // The lax mode takes `MIT/Apache-2.0`, as older packages on crates.io write it.
        Some(license) => match Expression::parse_mode(license, ParseMode::LAX) {
            Err(_) => format!("licence {license:?} is no SPDX expression"),
            Ok(expression) if expression.evaluate(|term| allowed.iter().any(|one| one.satisfies(term))) => {
                return None;
            }
            Ok(_) => license.to_owned(),
        },
    };
    Some(format!("{} {} ({reason})", package.name, package.version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(license: Option<&str>) -> bool {
        let package = Package {
            name: "some".into(),
            version: "1.0.0".into(),
            license: license.map(str::to_owned),
            dir: "/".into(),
            is_local: false,
            features: Vec::new(),
            examples: Vec::new(),
        };
        refusal(&package, &allowed().expect("deny.toml is well-formed")).is_some()
    }

    #[test]
    fn an_expression_is_allowed_when_its_choices_are() {
        for fine in ["MIT", "MIT/Apache-2.0", "GPL-3.0-only OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
            assert!(!refused(Some(fine)), "{fine}");
        }
        for bad in [Some("GPL-3.0-only"), Some("MIT AND GPL-3.0-only"), Some("my own"), None] {
            assert!(refused(bad), "{bad:?}");
        }
    }
}
