//! What cargo knows about this workspace and all it depends on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::process::{cargo, stdout_of};
use crate::{Error, Result, root};

/// `cargo metadata`, as far as the tasks need it.
#[derive(Debug)]
pub struct Metadata {
    packages: BTreeMap<String, Package>,
    /// Package id to the ids it needs to be built, tests left out.
    needs: BTreeMap<String, Vec<String>>,
    target_directory: PathBuf,
}

/// A package of the workspace or one it depends on.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name on crates.io.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence as an SPDX expression, where it gives one.
    pub license: Option<String>,
    /// The folder of its Cargo.toml.
    pub dir: PathBuf,
    /// Whether it is part of this workspace.
    pub is_local: bool,
    /// The names of its examples, sorted.
    pub examples: Vec<String>,
    /// The names of its features, sorted.
    pub features: Vec<String>,
}

impl Metadata {
    /// Asks cargo.
    ///
    /// # Errors
    /// When cargo fails, for example because a Cargo.toml is wrong.
    pub fn load() -> Result<Self> {
        let mut command = cargo();
        command.args(["metadata", "--format-version", "1", "--all-features", "--quiet"]).current_dir(root());
        let json: Value =
            serde_json::from_str(&stdout_of(&mut command)?).map_err(|_| unexpected("its output"))?;
        let packages = list(&json["packages"], "packages")?
            .iter()
            .map(|package| Ok((text(package, "id")?, Package::parse(package)?)))
            .collect::<Result<_>>()?;
        let needs = list(&json["resolve"]["nodes"], "resolve.nodes")?
            .iter()
            .map(|node| Ok((text(node, "id")?, built_with(node)?)))
            .collect::<Result<_>>()?;
        Ok(Self { packages, needs, target_directory: text(&json, "target_directory")?.into() })
    }

    /// Where cargo puts what it builds.
    pub fn target_directory(&self) -> &Path {
        &self.target_directory
    }

    /// Every package that ends up in what the workspace ships or builds it, on any platform; sorted.
    pub fn shipped(&self) -> Vec<&Package> {
        let members = self.packages.iter().filter(|(_, package)| package.is_local).map(|(id, _)| id.as_str());
        self.closure(members)
    }

    /// The folders of `name` and of the workspace's packages it is built from; sorted.
    ///
    /// # Errors
    /// When the workspace has no such package.
    pub fn local_sources_of(&self, name: &str) -> Result<Vec<PathBuf>> {
        let (id, _) = self
            .packages
            .iter()
            .find(|(_, package)| package.is_local && package.name == name)
            .ok_or_else(|| Error::Other(format!("the workspace has no package {name}")))?;
        let mut dirs: Vec<_> =
            self.closure([id.as_str()]).into_iter().filter(|package| package.is_local).collect();
        dirs.sort_by(|a, b| a.dir.cmp(&b.dir));
        Ok(dirs.into_iter().map(|package| package.dir.clone()).collect())
    }

    /// The names of the examples of a package of the workspace, sorted; none where there is no such package.
    pub fn examples_of(&self, name: &str) -> Vec<String> {
        let package = self.packages.values().find(|package| package.is_local && package.name == name);
        package.map(|package| package.examples.clone()).unwrap_or_default()
    }

    /// All features of these packages of the workspace, or of all its packages if none are named, as cargo takes them:
    /// `package/feature`; without those that are left out, given in the same form.
    pub fn features_of(&self, packages: &[String], left_out: &[&str]) -> Vec<String> {
        let chosen = |package: &&Package| packages.is_empty() || packages.contains(&package.name);
        let local = self.packages.values().filter(|package| package.is_local).filter(chosen);
        let names = local.flat_map(|one| one.features.iter().map(move |name| format!("{}/{name}", one.name)));
        names.filter(|name| !left_out.contains(&name.as_str())).collect()
    }

    fn closure<'a>(&'a self, start: impl IntoIterator<Item = &'a str>) -> Vec<&'a Package> {
        let mut todo: Vec<&str> = start.into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = todo.pop() {
            if seen.insert(id) {
                todo.extend(self.needs.get(id).into_iter().flatten().map(String::as_str));
            }
        }
        seen.into_iter().filter_map(|id| self.packages.get(id)).collect()
    }
}

impl Package {
    fn parse(json: &Value) -> Result<Self> {
        let manifest = PathBuf::from(text(json, "manifest_path")?);
        Ok(Self {
            name: text(json, "name")?,
            version: text(json, "version")?,
            license: json["license"].as_str().map(str::to_owned),
            dir: manifest.parent().ok_or_else(|| unexpected("manifest_path"))?.to_path_buf(),
            is_local: json["source"].is_null(),
            examples: examples(json)?,
            features: json["features"].as_object().into_iter().flat_map(|all| all.keys().cloned()).collect(),
        })
    }
}

fn examples(package: &Value) -> Result<Vec<String>> {
    let targets = list(&package["targets"], "targets")?.iter();
    let examples = targets.filter(|target| target["kind"][0] == "example");
    let mut names: Vec<_> = examples.map(|target| text(target, "name")).collect::<Result<_>>()?;
    names.sort();
    Ok(names)
}

fn built_with(node: &Value) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for dependency in list(&node["deps"], "deps")? {
        let kinds = list(&dependency["dep_kinds"], "dep_kinds")?;
        if kinds.iter().any(|kind| kind["kind"] != "dev") {
            ids.push(text(dependency, "pkg")?);
        }
    }
    Ok(ids)
}

fn list<'a>(json: &'a Value, name: &str) -> Result<&'a Vec<Value>> {
    json.as_array().ok_or_else(|| unexpected(name))
}

fn text(json: &Value, name: &str) -> Result<String> {
    json[name].as_str().map(str::to_owned).ok_or_else(|| unexpected(name))
}

fn unexpected(what: &str) -> Error {
    Error::Other(format!("cargo metadata: {what} is not what it should be"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_is_built_from_the_engine_and_not_from_its_tests() {
        let metadata = Metadata::load().expect("cargo metadata works in the clone");
        let dirs = metadata.local_sources_of("etude-do").expect("etude-do is a member");
        assert!(dirs.contains(&root().join("etude-do")), "{dirs:?}");
        assert!(
            !dirs.contains(&root().join("xtask")),
            "the tests' xtask must not rebuild the Worker: {dirs:?}"
        );
        assert!(metadata.local_sources_of("no-such-package").is_err());
    }

    #[test]
    fn what_is_shipped_has_licences() {
        let metadata = Metadata::load().expect("cargo metadata works in the clone");
        let shipped = metadata.shipped();
        let serde = shipped.iter().find(|package| package.name == "serde").expect("the engine uses serde");
        assert_eq!(serde.license.as_deref(), Some("MIT OR Apache-2.0"));
        assert!(!serde.is_local);
    }

    #[test]
    fn features_can_be_left_out() {
        let metadata = Metadata::load().expect("cargo metadata works in the clone");
        let features = metadata.features_of(&[], &["etude-plugin/standalone"]);
        assert!(features.contains(&"etude-plugin/plugin".to_owned()), "{features:?}");
        assert!(features.contains(&"etude-engine/capi".to_owned()), "{features:?}");
        assert!(!features.contains(&"etude-plugin/standalone".to_owned()), "{features:?}");
        let one = metadata.features_of(&["etude-engine".to_owned()], &[]);
        assert!(one.iter().all(|name| name.starts_with("etude-engine/")), "{one:?}");
    }

    #[test]
    fn examples_are_known_by_name() {
        let metadata = Metadata::load().expect("cargo metadata works in the clone");
        assert!(metadata.examples_of("etude-engine").contains(&"assess".to_owned()));
        assert!(metadata.examples_of("no-such-package").is_empty());
    }
}
