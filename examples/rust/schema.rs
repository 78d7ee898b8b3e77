//! Prints the JSON Schema of the wire messages: the content of docs/protocol.schema.json.

use etude_engine::fair::Export;
use etude_engine::protocol::{ClientMessage, PROTOCOL, ServerMessage};
use schemars::generate::SchemaSettings;
use serde_json::json;

fn main() {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let client = generator.subschema_for::<ClientMessage>();
    let server = generator.subschema_for::<ServerMessage>();
    // Not sent over the wire; docs/openapi.json speaks of them.
    generator.subschema_for::<Export>();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("Messages of the Etude session protocol, version {PROTOCOL}"),
        "anyOf": [client, server],
        "$defs": generator.take_definitions(true),
    });
    println!("{schema:#}");
}
