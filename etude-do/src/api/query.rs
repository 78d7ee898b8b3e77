//! What stands after the question mark of an address. Never a secret.

use worker::Url;

/// The query of an address.
pub(crate) struct Query<'a>(&'a Url);

impl<'a> Query<'a> {
    pub(crate) fn of(url: &'a Url) -> Self {
        Self(url)
    }

    /// The value of a name, if it is given and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let found = self.0.query_pairs().find(|(known, _)| known == name);
        found.map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
    }
}
