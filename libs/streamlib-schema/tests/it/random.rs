//! Random schemas, random changes of them, and random instances, all from one seed.

use serde_json::{Map, Value, json};
use streamlib_schema::Schema;
use streamlib_schema::schema::{Form, Node, Properties, Whole};

/// Numbers from a seed (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const NAMES: [&str; 6] = ["size", "kind", "class", "frame_rate", "x", "when"];
const WORDS: [&str; 5] = ["fast", "slow", "5.1", "none", "dci-p3"];
const DEFINITIONS: [&str; 2] = ["point", "tree"];

/// A schema of every form, with definitions that may refer to themselves.
pub(crate) fn schema(random: &mut Random) -> Value {
    let mut root = node(random, 3);
    // A definition is a map, so that no chain of references is endless; what it refers to may be
    // left out, so that its instances end.
    let mut definitions = Map::new();
    for name in DEFINITIONS {
        let mut record = json!({"optionalProperties": {"size": leaf(random)}});
        record["optionalProperties"]["more"] = json!({"elements": {"ref": "tree"}});
        definitions.insert(name.to_owned(), record);
    }
    root["definitions"] = Value::Object(definitions);
    root
}

pub(crate) fn node(random: &mut Random, depth: usize) -> Value {
    let mut value = match random.below(if depth == 0 { 4 } else { 10 }) {
        0..4 => leaf(random),
        4 => {
            let mut list = json!({"elements": node(random, depth - 1)});
            if random.chance(3) {
                list["metadata"] = json!({"streamlib:length": 1 + random.below(3)});
            }
            list
        }
        5 => json!({"values": node(random, depth - 1)}),
        6 => json!({"ref": random.pick(&DEFINITIONS)}),
        7 => {
            let mut mapping = Map::new();
            for _ in 0..1 + random.below(2) {
                mapping.insert((*random.pick(&WORDS)).to_owned(), record(random, depth - 1));
            }
            json!({"discriminator": "is", "mapping": mapping})
        }
        _ => record(random, depth - 1),
    };
    if random.chance(6) {
        value["nullable"] = json!(true);
    }
    value
}

fn record(random: &mut Random, depth: usize) -> Value {
    let (mut required, mut optional) = (Map::new(), Map::new());
    for name in NAMES {
        match random.below(4) {
            0 => required.insert(name.to_owned(), node(random, depth)),
            1 => optional.insert(name.to_owned(), node(random, depth)),
            _ => continue,
        };
    }
    let mut value = json!({"properties": required, "optionalProperties": optional});
    if random.chance(2) {
        value["additionalProperties"] = json!(true);
    }
    value
}

fn leaf(random: &mut Random) -> Value {
    let narrow = |random: &mut Random| random.below(50);
    match random.below(9) {
        0 => json!({}),
        1 => json!({"type": "boolean"}),
        2 => json!({"type": "string"}),
        3 => json!({"type": "timestamp"}),
        4 => json!({"type": "string", "metadata": {"streamlib:type": "bytes"}}),
        5 => {
            let count = 1 + random.below(WORDS.len());
            json!({"enum": WORDS[..count]})
        }
        6 => {
            let kind = *random.pick(&["int8", "uint8", "int16", "uint16", "int32", "uint32"]);
            let min = narrow(random);
            match random.chance(2) {
                true => json!({"type": kind}),
                false => json!({"type": kind, "metadata": {
                    "streamlib:min": min, "streamlib:max": min + narrow(random),
                    "streamlib:unit": random.pick(&["ms", "px"]),
                }}),
            }
        }
        7 => {
            let kind = *random.pick(&["int64", "uint64"]);
            json!({"type": "float64", "metadata": {"streamlib:type": kind}})
        }
        _ => {
            let kind = *random.pick(&["float32", "float64"]);
            match random.chance(2) {
                true => json!({"type": kind}),
                false => json!({"type": kind, "metadata": {"streamlib:max": narrow(random)}}),
            }
        }
    }
}

/// Changes one part of a schema, somehow; the result may be no schema.
pub(crate) fn change(random: &mut Random, schema: &mut Value) {
    let mut paths = Vec::new();
    parts(schema, &mut Vec::new(), &mut paths);
    let path = random.pick(&paths).clone();
    let mut part = &mut *schema;
    for token in &path {
        part = &mut part[token];
    }
    let definitions = part.get("definitions").cloned();
    let fresh = node(random, 1);
    match random.below(8) {
        0 => *part = fresh,
        1 => part["nullable"] = json!(random.chance(2)),
        2 => part["additionalProperties"] = json!(random.chance(2)),
        3 => part["metadata"] = leaf(random).get("metadata").cloned().unwrap_or(json!({})),
        4 => part["properties"][*random.pick(&NAMES)] = fresh,
        5 => part["optionalProperties"][*random.pick(&NAMES)] = fresh,
        6 => {
            let name = *random.pick(&NAMES);
            for keyword in ["properties", "optionalProperties"] {
                if let Some(Value::Object(map)) = part.get_mut(keyword) {
                    map.remove(name);
                }
            }
        }
        _ => {
            let name = *random.pick(&NAMES);
            for (from, to) in
                [("properties", "optionalProperties"), ("optionalProperties", "properties")]
            {
                let moved = part.get_mut(from).and_then(|map| map.as_object_mut()?.remove(name));
                if let Some(moved) = moved {
                    part[to][name] = moved;
                    break;
                }
            }
        }
    }
    if let Some(definitions) = definitions {
        part["definitions"] = definitions;
    }
}

fn parts(schema: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    found.push(path.clone());
    let Some(map) = schema.as_object() else { return };
    for (keyword, value) in map {
        path.push(keyword.clone());
        match keyword.as_str() {
            "elements" | "values" => parts(value, path, found),
            "properties" | "optionalProperties" | "definitions" | "mapping" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    path.push(name.clone());
                    parts(value, path, found);
                    path.pop();
                }
            }
            _ => {}
        }
        path.pop();
    }
}

/// Levels that an instance may have; where fewer than [`SMALL`] are left it is kept small.
const LEVELS: usize = 40;
const SMALL: usize = 34;

/// A value that `schema` takes, as a writer of it writes: no names that are not declared. `None`
/// where a map requires itself, so that no instance ends.
pub(crate) fn instance(random: &mut Random, schema: &Schema) -> Option<Value> {
    of_node(random, schema, schema.root(), LEVELS)
}

fn of_node(random: &mut Random, schema: &Schema, node: &Node, levels: usize) -> Option<Value> {
    let inside = levels.checked_sub(1)?;
    if node.nullable && random.chance(3) {
        return Some(Value::Null);
    }
    Some(match &node.form {
        Form::Empty => random.pick(&[json!(null), json!([1]), json!("x"), json!({"a": 1})]).clone(),
        Form::Ref(name) => of_node(random, schema, &schema.definitions()[name], inside)?,
        Form::Boolean => json!(random.chance(2)),
        Form::Text => {
            random.pick(&[json!(""), json!("fast"), json!("a\"\\\n\u{1F3A5}"), json!("AA")]).clone()
        }
        Form::Timestamp => json!("2026-01-31T12:00:00.5Z"),
        Form::Bytes => json!(random.pick(&["", "AA==", "++//"])),
        Form::Whole(whole) => whole_number(random, whole),
        Form::Float(float) => {
            let number = random.below(2_000) as f64 / 8.0 - 125.0;
            json!(number.clamp(float.min.unwrap_or(-1e3), float.max.unwrap_or(1e3)))
        }
        Form::Enum(words) => json!(random.pick(words)),
        Form::Elements { of, length } => {
            let count = match length {
                Some(length) => *length as usize,
                None if levels < SMALL => 0,
                None => random.below(3),
            };
            (0..count).map(|_| of_node(random, schema, of, inside)).collect::<Option<_>>()?
        }
        Form::Values(of) => {
            let mut map = Map::new();
            for name in if levels < SMALL { &[][..] } else { &["a b", "kind"] } {
                map.insert((*name).to_owned(), of_node(random, schema, of, inside)?);
            }
            Value::Object(map)
        }
        Form::Properties(properties) => {
            Value::Object(of_properties(random, schema, properties, levels)?)
        }
        Form::Discriminator { tag, mapping } => {
            let (name, node) = mapping.iter().nth(random.below(mapping.len())).unwrap();
            let Form::Properties(properties) = &node.form else { panic!("not a map") };
            let mut map = of_properties(random, schema, properties, levels)?;
            map.insert(tag.clone(), json!(name));
            Value::Object(map)
        }
    })
}

fn whole_number(random: &mut Random, whole: &Whole) -> Value {
    let span = (whole.max - whole.min).cast_unsigned();
    let offset = match random.below(4) {
        0 => 0,
        1 => span,
        _ => u128::from(random.next()) % (span + 1),
    };
    let number = whole.min + offset.cast_signed();
    u64::try_from(number)
        .map_or_else(|_| json!(i64::try_from(number).unwrap()), |number| json!(number))
}

fn of_properties(
    random: &mut Random,
    schema: &Schema,
    properties: &Properties,
    levels: usize,
) -> Option<Map<String, Value>> {
    let mut map = Map::new();
    for name in properties.names() {
        let is_required = properties.required.contains_key(name);
        if is_required || levels >= SMALL && random.chance(2) {
            let node = properties.get(name).unwrap();
            map.insert(name.to_owned(), of_node(random, schema, node, levels - 1)?);
        }
    }
    Some(map)
}
