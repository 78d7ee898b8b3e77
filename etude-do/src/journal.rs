//! The log: one JSON object a line, for machines.
//!
//! Sessions and tenants are named, players and pieces never are, and nothing is quoted that came from outside: no name of a
//! person, no title, no address, no key, no token.

use worker::{console_error, console_log};

/// What happened.
pub(crate) fn note(event: &str, tenant: &str, session: &str) {
    console_log!("{}", line("info", event, tenant, session, ""));
}

/// What went wrong; `what` is a runtime's or library's word on it.
pub(crate) fn fault(event: &str, tenant: &str, session: &str, what: &str) {
    console_error!("{}", line("error", event, tenant, session, what));
}

fn line(level: &str, event: &str, tenant: &str, session: &str, what: &str) -> String {
    let mut fields = serde_json::Map::new();
    for (name, value) in
        [("level", level), ("event", event), ("tenant", tenant), ("session", session), ("what", what)]
    {
        if !value.is_empty() {
            fields.insert(name.to_owned(), value.into());
        }
    }
    serde_json::Value::Object(fields).to_string()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_is_an_object_whatever_it_tells() {
        let text = line("error", "delivery", "studio", "", "a \"quote\"\nand a line");
        assert!(!text.contains('\n'));
        let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read["what"], "a \"quote\"\nand a line");
        assert!(read.get("session").is_none());
    }
}
