//! Values by a JSON Schema, and values that break it here and there.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// Deeper than any message; a schema that refers to itself ends here.
const DEPTH_MAX: u32 = 24;

/// A schema to make values from.
pub(super) struct Grammar {
    schema: Value,
    root: Value,
}

impl Grammar {
    /// For one of the definitions of a schema. `None` if it has none of that name.
    pub(super) fn new(schema: Value, definition: &str) -> Option<Self> {
        let root = schema.get("$defs")?.get(definition)?.clone();
        Some(Self { schema, root })
    }

    /// A value. In each place that the schema knows, one time in `1 / faults` something else stands.
    pub(super) fn value(&self, rng: &mut Rng, faults: f64) -> Value {
        self.by(&self.root, rng, faults, 0)
    }

    fn by(&self, schema: &Value, rng: &mut Rng, faults: f64, depth: u32) -> Value {
        if depth > DEPTH_MAX || rng.f64() < faults {
            return junk(rng);
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let found = reference.strip_prefix('#').and_then(|pointer| self.schema.pointer(pointer));
            return self.by(found.unwrap_or(&Value::Null), rng, faults, depth + 1);
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(values) = schema["enum"].as_array() {
            return rng.choice(values).cloned().unwrap_or_default();
        }
        let choices = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
        let chosen = choices.and_then(|choices| rng.choice(choices));
        if let Some(chosen) = chosen {
            let mut value = self.by(chosen, rng, faults, depth + 1);
            // What stands beside the choice belongs to all of them.
            if let (Some(fields), Value::Object(more)) =
                (value.as_object_mut(), self.object(schema, rng, faults, depth))
            {
                fields.extend(more);
            }
            return value;
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => rng.choice(kinds).and_then(Value::as_str),
            kind => kind.as_str(),
        };
        match kind {
            Some("object") => self.object(schema, rng, faults, depth),
            Some("array") => {
                let most = schema["maxItems"].as_u64();
                let length = match rng.u8(..64) {
                    0 => most.unwrap_or(300) as usize,
                    1 => most.unwrap_or(300) as usize + 1,
                    _ => rng.usize(..6),
                };
                (0..length).map(|_| self.by(&schema["items"], rng, faults, depth + 1)).collect()
            }
            Some("integer") => integer(schema, rng),
            Some("number") => number(rng),
            Some("string") => string(schema, rng),
            Some("boolean") => rng.bool().into(),
            Some("null") => Value::Null,
            _ => junk(rng),
        }
    }

    fn object(&self, schema: &Value, rng: &mut Rng, faults: f64, depth: u32) -> Value {
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut fields = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let wanted = required.iter().any(|one| one.as_str() == Some(name));
            if if wanted { rng.f64() >= faults } else { rng.bool() } {
                fields.insert(name.clone(), self.by(property, rng, faults, depth + 1));
            }
        }
        if rng.f64() < faults {
            fields.insert(word(rng), junk(rng));
        }
        Value::Object(fields)
    }
}

fn integer(schema: &Value, rng: &mut Rng) -> Value {
    let least = schema["minimum"].as_i64();
    let most = schema["maximum"].as_i64();
    match rng.u8(..24) {
        0 => json!(u64::MAX),
        1 => json!(i64::MIN),
        2 => json!(i64::MAX),
        3 => json!(u32::MAX),
        4 => json!(1_u64 << 53),
        5 => json!(least.unwrap_or(0).saturating_sub(1)),
        6 => json!(most.unwrap_or(255).saturating_add(1)),
        7 => json!(least.unwrap_or(-1)),
        8 => json!(most.unwrap_or(1)),
        9 => json!(0.5),
        10 => json!(rng.i64(..)),
        _ => json!(rng.i64(least.unwrap_or(0)..=most.unwrap_or(2_000).max(least.unwrap_or(0)))),
    }
}

fn number(rng: &mut Rng) -> Value {
    match rng.u8(..4) {
        0 => json!(f64::MAX),
        1 => json!(-0.0),
        _ => json!(rng.f64() * 1e6),
    }
}

fn string(schema: &Value, rng: &mut Rng) -> Value {
    let most = schema["maxLength"].as_u64().unwrap_or(64) as usize;
    match rng.u8(..8) {
        0 => String::new(),
        1 => "\u{0}\u{feff}\u{202e}\u{10ffff}".repeat(4),
        2 => "x".repeat(most),
        3 => "\u{10ffff}".repeat(most),
        4 => "x".repeat(most + 1),
        5 => (0..64).map(|_| char::from(b"0123456789abcdef"[rng.usize(..16)])).collect(),
        _ => word(rng),
    }
    .into()
}

fn word(rng: &mut Rng) -> String {
    const WORDS: [&str; 10] = [
        "type",
        "events",
        "hello",
        "verdicts",
        "__proto__",
        "constructor",
        "first",
        "'; DROP TABLE log; --",
        "etude",
        "end",
    ];
    WORDS[rng.usize(..WORDS.len())].to_owned()
}

fn junk(rng: &mut Rng) -> Value {
    match rng.u8(..10) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.i64(..)),
        3 => json!(rng.u64(..)),
        4 => json!(1e300),
        5 => json!([]),
        6 => json!({}),
        7 => json!("x".repeat(rng.usize(..2_000))),
        8 => (0..rng.usize(1..60)).fold(json!([]), |inner, _| json!([inner])),
        _ => json!({ word(rng): word(rng) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_faults_most_values_are_messages() {
        let schema =
            std::fs::read_to_string(xtask::root().join("docs/protocol.schema.json")).expect("the schema");
        let schema = serde_json::from_str(&schema).expect("JSON");
        let grammar = Grammar::new(schema, "ClientMessage").expect("a definition");
        let mut rng = Rng::with_seed(1);
        let good = (0..1_000)
            .filter(|_| {
                let frame = grammar.value(&mut rng, 0.0).to_string();
                etude_engine::protocol::ClientMessage::from_frame(&frame).is_ok()
            })
            .count();
        // The bounds of numbers and strings are overstepped on purpose.
        assert!((50..950).contains(&good), "{good}");
    }
}
