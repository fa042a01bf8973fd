//! Generated types: the same text for the same schema, and values that go through them unchanged.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use streamlib_schema::Schema;
use streamlib_schema::generate::{Language, generate, root_name};

use crate::random::{self, Random};

#[path = "../generated/station.rs"]
#[rustfmt::skip]
#[expect(unreachable_pub, reason = "a generated file is a public module elsewhere")]
mod station;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generated")
}

fn golden() -> Schema {
    let text = std::fs::read_to_string(folder().join("station.json")).unwrap();
    Schema::new(serde_json::from_str(&text).unwrap()).unwrap()
}

/// To accept what is generated now, run the test with `UPDATE_GENERATED=1`.
#[test]
fn the_same_schema_gives_the_same_text() {
    let schema = golden();
    for language in Language::ALL {
        let text = generate(&schema, language, root_name(&schema, "other"));
        let file = folder().join(format!("station.{}", language.extension()));
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "{}", file.display());
    }
}

/// A value with all numbers as the same kind: `1` and `1.0` are one number of JSON.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                json!(float as i64)
            }
            _ => value.clone(),
        },
        Value::Array(list) => list.iter().map(plain).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), plain(value))).collect())
        }
        _ => value.clone(),
    }
}

fn instances(random: &mut Random, schema: &Schema, count: usize) -> Vec<Value> {
    (0..count).filter_map(|_| random::instance(random, schema)).collect()
}

#[test]
fn random_values_go_through_rust_unchanged() {
    let schema = golden();
    let values = instances(&mut Random(7), &schema, 500);
    assert!(values.len() > 400);
    for value in values {
        let typed: station::Station = serde_json::from_value(value.clone()).unwrap();
        let back = serde_json::to_value(&typed).unwrap();
        assert_eq!(plain(&back), plain(&value));
    }
}

#[test]
fn rust_refuses_what_is_not_declared() {
    let value = json!({"radius": 1, "is": "circle"});
    assert!(serde_json::from_value::<station::Shape>(value).is_ok());
    let value = json!({"radius": 1, "is": "circle", "color": 1});
    let error = serde_json::from_value::<station::Shape>(value).unwrap_err().to_string();
    assert_eq!(error, "unknown field `color`, expected `radius`");
    let error = serde_json::from_value::<station::Bytes>(json!("AA=A")).unwrap_err().to_string();
    assert_eq!(error, "invalid value: string \"AA=A\", expected bytes as base64");
}

/// Reads and writes every value of every case in Python.
const PYTHON: &str = r#"
import importlib.util, json, sys
for line in open("cases", encoding="utf-8"):
    case = json.loads(line)
    spec = importlib.util.spec_from_file_location("made", case["name"] + ".py")
    made = sys.modules["made"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    print(json.dumps([made.write_root(made.read_root(value)) for value in case["values"]]))
"#;

/// The same in JavaScript. The values have to be read by the generated `parseJson`.
const JAVASCRIPT: &str = r#"
for (const line of Deno.readTextFileSync("cases").split("\n").filter((line) => line !== "")) {
  const { name } = JSON.parse(line);
  const made = await import("./" + name + ".ts");
  const { values } = made.parseJson(line);
  console.log(made.printJson(values.map((value) => made.writeRoot(made.readRoot(value)))));
}
"#;

/// Schemas and values, written to a folder with the types in `language`; one line a case.
fn cases(folder: &Path, language: Language, count: usize) -> Vec<Value> {
    let mut random = Random(11);
    let schemas = (0..count).map(|_| Schema::new(random::schema(&mut random)).unwrap());
    let schemas: Vec<Schema> = std::iter::once(golden()).chain(schemas).collect();
    let cases = schemas.iter().enumerate().map(|(index, schema)| {
        let name = format!("made_{index}");
        let file = folder.join(format!("{name}.{}", language.extension()));
        std::fs::write(file, generate(schema, language, "root")).unwrap();
        json!({"name": name, "values": instances(&mut random, schema, 20)})
    });
    let cases: Vec<Value> = cases.collect();
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    std::fs::write(folder.join("cases"), lines).unwrap();
    cases
}

/// A folder for what is made, in the target folder; it goes when the test ends.
struct Made(PathBuf);

impl Made {
    fn new(name: &str) -> Self {
        let name = format!("generated-{name}-{}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // What stays behind is in the target folder.
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a program in the folder of the cases, and compares what it gives back.
fn round_trip(folder: &Path, command: &[&str], cases: &[Value]) {
    let (program, arguments) = command.split_first().unwrap();
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answers.lines().count(), cases.len());
    for (answer, case) in answers.lines().zip(cases) {
        let answer: Value = serde_json::from_str(answer).unwrap();
        assert_eq!(plain(&answer), plain(&case["values"]), "{}", case["name"]);
    }
}

#[test]
fn random_values_go_through_python_unchanged() {
    let folder = Made::new("python");
    let cases = cases(&folder.0, Language::Python, 60);
    std::fs::write(folder.0.join("driver.py"), PYTHON).unwrap();
    round_trip(&folder.0, &["python3", "-B", "driver.py"], &cases);
}

/// The compiler's options under which generated types must be free of complaints.
const STRICT: &str = r#"{ "compilerOptions": {
  "strict": true, "exactOptionalPropertyTypes": true, "noUncheckedIndexedAccess": true
} }"#;

#[test]
fn random_values_go_through_typescript_unchanged() {
    let deno = std::env::var("STREAMLIB_TEST_DENO").unwrap_or_else(|_| "deno".to_owned());
    let folder = Made::new("typescript");
    let cases = cases(&folder.0, Language::TypeScript, 60);
    std::fs::write(folder.0.join("deno.json"), STRICT).unwrap();
    std::fs::write(folder.0.join("driver.mjs"), JAVASCRIPT).unwrap();
    let files = cases.iter().map(|case| format!("{}.ts", case["name"].as_str().unwrap()));
    let check = Command::new(&deno).arg("check").args(files).current_dir(&folder.0).output();
    let check = check.expect("Deno 2 is installed by `cargo xtask setup --for test`");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    round_trip(&folder.0, &[&deno, "run", "--allow-read", "driver.mjs"], &cases);
}
