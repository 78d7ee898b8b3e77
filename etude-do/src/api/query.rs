//! What stands after the question mark of an address. Never a secret.

use std::borrow::Cow;

use worker::Request;

/// The query of an address.
pub(crate) struct Query(String);

impl Query {
    pub(crate) fn of(request: &Request) -> Self {
        // As the runtime writes addresses, `?` stands for nothing else, and what follows `#` was never sent.
        let url = request.inner().url();
        Self(url.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default())
    }

    /// The value of a name, if it is given and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let found = form_urlencoded::parse(self.0.as_bytes()).find(|(known, _)| known == name);
        found.map(|(_, value)| Cow::into_owned(value)).filter(|value| !value.is_empty())
    }
}
