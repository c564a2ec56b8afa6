//! Checks JSON against the part of JSON Schema that our schemas are written in.

use serde_json::{Map, Value};

/// Keywords that only describe.
const REMARKS: [&str; 6] = ["$schema", "$defs", "title", "description", "format", "default"];

/// What is wrong with `value`, as `path: what`, one for each place; nothing when it is valid.
///
/// # Panics
/// When the schema has a keyword that is not known here: a check left out would go unnoticed.
pub fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Validator { root: schema }.check(schema, value, "$", &mut found);
    found
}

struct Validator<'a> {
    root: &'a Value,
}

impl Validator<'_> {
    fn check(&self, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
        let rules = match schema {
            Value::Bool(true) => return,
            Value::Object(rules) => rules,
            _ => return found.push(format!("{path}: nothing is allowed here")),
        };
        for (keyword, rule) in rules {
            self.apply(rules, (keyword, rule), value, path, found);
        }
    }

    fn apply(
        &self,
        rules: &Map<String, Value>,
        (keyword, rule): (&str, &Value),
        value: &Value,
        path: &str,
        found: &mut Vec<String>,
    ) {
        match keyword {
            "$ref" => {
                let target = rule.as_str().and_then(|target| target.strip_prefix('#'));
                let target = target.and_then(|target| self.root.pointer(target));
                self.check(target.expect("a reference within the schema"), value, path, found);
            }
            "type" if !of_type(rule, value) => found.push(format!("{path}: not of type {rule}")),
            "const" if rule != value => found.push(format!("{path}: not {rule}")),
            "enum" if !list(rule).contains(value) => found.push(format!("{path}: not in {rule}")),
            "minimum" if value.as_f64() < rule.as_f64() && value.is_number() => {
                found.push(format!("{path}: less than {rule}"));
            }
            "maximum" if value.as_f64() > rule.as_f64() && value.is_number() => {
                found.push(format!("{path}: more than {rule}"));
            }
            "minLength" | "maxLength" => {
                let length = value.as_str().map(|text| text.chars().count() as u64);
                let fits = |length: u64| match rule.as_u64() {
                    Some(limit) if keyword == "minLength" => length >= limit,
                    Some(limit) => length <= limit,
                    None => true,
                };
                if !length.is_none_or(fits) {
                    found.push(format!("{path}: {keyword} {rule}"));
                }
            }
            "anyOf" => self.some_of(rule, value, path, 1.., found),
            "oneOf" => self.some_of(rule, value, path, 1..=1, found),
            "allOf" => {
                for part in list(rule) {
                    self.check(part, value, path, found);
                }
            }
            "required" => {
                let missing = list(rule).iter().filter_map(Value::as_str);
                let missing = missing.filter(|name| value.is_object() && value.get(name).is_none());
                found.extend(missing.map(|name| format!("{path}: no `{name}`")));
            }
            "properties" => {
                for (name, member) in value.as_object().into_iter().flatten() {
                    if let Some(schema) = rule.get(name) {
                        self.check(schema, member, &format!("{path}.{name}"), found);
                    }
                }
            }
            "additionalProperties" => {
                let known = rules.get("properties").and_then(Value::as_object);
                let others = value.as_object().into_iter().flatten();
                for (name, member) in
                    others.filter(|(name, _)| known.is_none_or(|k| !k.contains_key(*name)))
                {
                    self.check(rule, member, &format!("{path}.{name}"), found);
                }
            }
            "items" => {
                for (at, element) in value.as_array().into_iter().flatten().enumerate() {
                    self.check(rule, element, &format!("{path}[{at}]"), found);
                }
            }
            "minItems" | "maxItems" => {
                let (length, limit) = (value.as_array().map(Vec::len), rule.as_u64());
                let fits = |length: usize| match (limit, keyword) {
                    (Some(limit), "minItems") => length as u64 >= limit,
                    (Some(limit), _) => length as u64 <= limit,
                    (None, _) => true,
                };
                if !length.is_none_or(fits) {
                    found.push(format!("{path}: {keyword} {rule}"));
                }
            }
            "type" | "const" | "enum" | "minimum" | "maximum" => {}
            other if REMARKS.contains(&other) => {}
            other => panic!("the keyword `{other}` of the schema is not known here"),
        }
    }

    fn some_of(
        &self,
        rule: &Value,
        value: &Value,
        path: &str,
        wanted: impl std::ops::RangeBounds<usize>,
        found: &mut Vec<String>,
    ) {
        let mut wrong = Vec::new();
        let mut fitting = 0;
        for part in list(rule) {
            let before = wrong.len();
            self.check(part, value, path, &mut wrong);
            fitting += usize::from(wrong.len() == before);
        }
        if !wanted.contains(&fitting) {
            found.push(format!("{path}: {fitting} of the alternatives fit: {}", wrong.join("; ")));
        }
    }
}

fn list(rule: &Value) -> &[Value] {
    rule.as_array().map_or(&[], Vec::as_slice)
}

fn of_type(rule: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    match rule {
        Value::String(name) => is(name),
        several => list(several).iter().filter_map(Value::as_str).any(is),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::violations;

    #[test]
    fn each_keyword_finds_its_mistake() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "word": { "enum": ["a", "b"] },
                "count": { "type": ["integer", "null"], "minimum": 0 },
                "rows": { "type": "array", "items": { "$ref": "#/$defs/Row" } },
                "one": { "oneOf": [{ "const": 1 }, { "type": "integer" }] },
                "some": { "anyOf": [{ "$ref": "#/$defs/Row" }, { "type": "null" }] },
            },
            "required": ["word"],
            "additionalProperties": false,
            "$defs": { "Row": { "type": "object", "required": ["n"] } },
        });
        let right =
            json!({ "word": "a", "count": null, "rows": [{ "n": 1 }], "one": 2, "some": null });
        assert_eq!(violations(&schema, &right), [""; 0]);
        for (wrong, place) in [
            (json!({}), "$: no `word`"),
            (json!({ "word": "c" }), "$.word: not in"),
            (json!({ "word": "a", "count": -1 }), "$.count: less than"),
            (json!({ "word": "a", "count": 1.5 }), "$.count: not of type"),
            (json!({ "word": "a", "rows": [{ "n": 1 }, {}] }), "$.rows[1]: no `n`"),
            (json!({ "word": "a", "one": 1 }), "$.one: 2 of the alternatives"),
            (json!({ "word": "a", "some": 1 }), "$.some: 0 of the alternatives"),
            (json!({ "word": "a", "more": 1 }), "$.more: nothing is allowed"),
        ] {
            let found = violations(&schema, &wrong);
            assert!(found.len() == 1 && found[0].starts_with(place), "{wrong}: {found:?}");
        }
    }
}
