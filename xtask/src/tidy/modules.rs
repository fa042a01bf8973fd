//! Which module of the engine may use which: declared, planned, applied, run and observed are
//! kept apart, so that each can be read and tested alone.

use super::tree::{Finding, SourceFile, Tree};

const ENGINE: &str = "libs/streamlib-engine/src/";

/// Modules that all others may use: ids, and the types that loom replaces.
const VOCABULARY: &[&str] = &["ids", "maps", "sync"];

/// Each module of the engine with the modules, beside the vocabulary, that it may name by a
/// `crate::` path. A module that is not in the table is a finding.
const EDGES: &[(&str, &[&str])] = &[
    ("ids", &[]),
    ("maps", &[]),
    ("sync", &[]),
    // Declared: pure data. It knows nothing that plans, carries or runs. Which types there are to
    // declare, and what they can run on, it asks of the delegates' traits.
    ("graph", &["delegates"]),
    ("delegates", &["error", "graph"]),
    ("pubsub", &["graph"]),
    // Carries frames. It knows no graph. With execution it shares the processor whose ports it
    // holds: a link wakes it, and an inline link puts it on its strand's work list. A trait in
    // between would cost an indirect call a frame.
    // A tap tells events of its link.
    ("link_channel", &["execution", "pubsub"]),
    // Runs processors. It knows no graph and no plan. Whether a processor is observed it is told.
    ("execution", &["delegates", "error", "link_channel", "observability", "pubsub", "sys"]),
    // Plans and applies.
    ("compiler", &["delegates", "error", "execution", "graph", "link_channel", "pubsub"]),
    // Looks at what was published: the view of each commit, with the plans and the counters that it
    // holds. It plans nothing and runs nothing; an agent's actions are the engine's transactions.
    (
        "observability",
        &["compiler", "error", "execution", "graph", "link_channel", "pubsub", "runtime"],
    ),
    // The one error of the crate wraps those of its parts; the parts do not know it.
    ("error", &["compiler", "delegates", "graph", "observability"]),
    // The face of it all.
    (
        "runtime",
        &[
            "compiler",
            "delegates",
            "error",
            "execution",
            "graph",
            "link_channel",
            "observability",
            "pubsub",
        ],
    ),
];

/// Names at the root of the engine that every module may use without naming a module.
const ROOT_NAMES: &[&str] = &["Error", "Result"];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_files() {
        let Some(module) = module_of(&file.path) else { continue };
        match EDGES.iter().find(|(name, _)| *name == module) {
            None => {
                let message =
                    format!("the module {module} has no place; give it one in {}", file!());
                findings.push(file.finding(0, message));
            }
            Some((_, allowed)) => findings.extend(check_file(file, module, allowed)),
        }
    }
    findings
}

fn check_file(file: &SourceFile, module: &str, allowed: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, used) in crate_paths(&file.code) {
        let is_allowed = used == module
            || [allowed, VOCABULARY, ROOT_NAMES].iter().any(|names| names.contains(&used));
        if !is_allowed {
            let message = format!("{module} must not use crate::{used}");
            findings.push(file.finding(line, message));
        }
    }
    let inside = file.path.strip_prefix(ENGINE).unwrap_or_default();
    let is_face = inside == format!("{module}/mod.rs") || !inside.contains('/');
    for (index, line) in file.code.lines().enumerate() {
        let climbs = line.contains("super::super::") || is_face && line.starts_with("use super::");
        if climbs {
            let message = "name the module by its crate:: path, so that its edge can be checked";
            findings.push(file.finding(index, message));
        }
    }
    findings
}

/// The top module of the engine that a file belongs to; none for `lib.rs` and other crates.
fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix(ENGINE)?;
    let first = inside.split('/').next()?;
    let module = first.strip_suffix(".rs").unwrap_or(first);
    (module != "lib").then_some(module)
}

/// Every first name after `crate::`, with its line from 0; each of them where they are grouped.
fn crate_paths(code: &str) -> Vec<(usize, &str)> {
    let mut paths = Vec::new();
    for (start, prefix) in code.match_indices("crate::") {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = start + prefix.len();
        let line = |position: usize| code[..position].matches('\n').count();
        if code[rest..].starts_with('{') {
            let members = group(&code[rest + 1..]);
            paths.extend(members.into_iter().map(|(at, name)| (line(rest + 1 + at), name)));
        } else {
            paths.push((line(start), first_name(&code[rest..])));
        }
    }
    paths
}

/// The first name of each member of a `use` group, whose opening brace stands before `text`.
fn group(text: &str) -> Vec<(usize, &str)> {
    let (mut members, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    let mut add = |from: usize, to: usize| {
        let member = &text[from..to];
        let at = from + (member.len() - member.trim_start().len());
        let name = first_name(member.trim_start());
        if !name.is_empty() {
            members.push((at, name));
        }
    };
    for (position, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                add(start, position);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                add(start, position);
                start = position + 1;
            }
            _ => {}
        }
    }
    members
}

fn first_name(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    fn check(path: &str, text: &str, expected: &[&str]) {
        let path = format!("{ENGINE}{path}");
        let expected: Vec<String> = expected.iter().map(|line| format!("{path}:{line}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        tree::check(super::check, &[(&path, text)], &expected);
    }

    #[test]
    fn the_graph_knows_neither_plan_nor_queue() {
        check("graph/store.rs", "use crate::ids::Id;\nuse crate::graph::Node;", &[]);
        check("graph/store.rs", "\nuse crate::compiler::Plan;", &["2"]);
        check("graph/store.rs", "fn a() { crate::link_channel::new() }", &["1"]);
        check("graph.rs", "use crate::execution::Pool;", &["1"]);
        check("graph/store.rs", "// use crate::compiler::Plan;", &[]);
        check("graph/store.rs", "use xcrate::compiler::Plan; $crate::compiler!()", &[]);
    }

    #[test]
    fn groups_are_looked_into() {
        let text = "use crate::{\n    ids::{Id, Kind},\n    compiler::Plan,\n    Result,\n};";
        check("graph/store.rs", text, &["3"]);
        check("graph/store.rs", "use crate::{compiler};", &["1"]);
    }

    #[test]
    fn other_ways_to_the_same_place_are_found() {
        check("graph/store.rs", "use super::super::compiler::Plan;", &["1"]);
        check("graph/mod.rs", "use super::compiler::Plan;", &["1"]);
        check("graph.rs", "use super::compiler::Plan;", &["1"]);
        check("graph/mod.rs", "mod tests {\n    use super::*;\n}", &[]);
        check("graph/store.rs", "use super::Id;", &[]);
        check("graph/store.rs", "use crate::Plan;", &["1"]);
    }

    #[test]
    fn a_module_without_a_place_is_found_and_other_crates_are_left_alone() {
        check("magic/mod.rs", "", &["1"]);
        check("lib.rs", "use crate::compiler::Plan;", &[]);
        tree::check(super::check, &[("libs/a/src/graph.rs", "use crate::compiler::X;")], &[]);
    }
}
