//! JSON Schemas, made from the types that are written. Not part of the doctor: the machinery weighs
//! more than twenty times what it makes, and what it makes is the same each time.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

/// The schema of a format, indented, with a final newline.
pub(crate) fn of<T: JsonSchema>() -> String {
    // What is written, not what would be read: a field that may be left out is not required.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut out = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    out.push('\n');
    out
}
