//! What holds for every graph and every change.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use serde_json::json;
use streamlib_engine::graph::{
    Applied, Change, GraphSnapshot, LinkOptions, ProcessorNode, PropertyGraph, apply,
};
use streamlib_engine::ids::LinkId;

use crate::graphs::{Bench, Factory, id, port};

/// Types with an input `in` and an output `out`; `mixer` takes many links.
const TYPES: [&str; 6] = ["effect", "cheap", "cheap_late", "mixer", "screen", "cheap_yuv"];
const NAMES: usize = 8;

fn a_change() -> impl Strategy<Value = Change> {
    let name = || (0..NAMES).prop_map(|n| format!("p{n}"));
    let kind = || (0..TYPES.len()).prop_map(|n| TYPES[n]);
    let node = move || {
        (name(), kind(), prop_oneof![Just(json!(null)), Just(json!({ "amount": 0.5 }))])
            .prop_map(|(name, kind, config)| ProcessorNode::new(id(&name), kind, config))
    };
    let options = || {
        (prop::option::of(0..3_u32), any::<bool>(), prop::bool::weighted(0.1)).prop_map(
            |(lane, convert, feedback)| LinkOptions {
                lane,
                convert,
                feedback,
                ..LinkOptions::default()
            },
        )
    };
    prop_oneof![
        4 => node().prop_map(|node| Change::Add { node }),
        1 => name().prop_map(|name| Change::Remove { id: id(&name) }),
        8 => (name(), name(), options()).prop_map(|(from, to, options)| Change::Connect {
            source: port(&format!("{from}.out")),
            target: port(&format!("{to}.in")),
            options,
        }),
        1 => (0..20_u64).prop_map(|link| Change::Disconnect { id: LinkId(link) }),
        1 => (name(), 0..2_u8).prop_map(|(name, amount)| Change::SetConfig {
            id: id(&name),
            config: json!({ "amount": amount }),
        }),
        1 => node().prop_map(|node| Change::Replace { id: node.id.clone(), node }),
        1 => (name(), 0..9).prop_map(|(name, note)| Change::Annotate {
            id: id(&name),
            annotations: json!({ "note": note }),
        }),
    ]
}

/// The same graph as plain maps.
#[derive(Debug, Default, Clone, PartialEq)]
struct Model {
    types: BTreeMap<String, String>,
    /// By number: producer, consumer and lane.
    links: BTreeMap<u64, (String, String, u32)>,
}

impl Model {
    fn of(snapshot: &GraphSnapshot) -> Self {
        let types = snapshot.processors();
        let links = snapshot.links();
        Self {
            types: types.map(|node| (node.id.to_string(), node.processor_type.clone())).collect(),
            links: links
                .map(|link| {
                    let ends =
                        (link.source.processor.to_string(), link.target.processor.to_string());
                    (link.id.0, (ends.0, ends.1, link.lane))
                })
                .collect(),
        }
    }

    /// What a change that was not refused does.
    fn change(&mut self, change: &Change, made: Option<LinkId>) {
        match change {
            Change::Add { node } | Change::Replace { node, .. } => {
                self.types.insert(node.id.to_string(), node.processor_type.clone());
            }
            Change::Remove { id } => {
                let id = id.as_str();
                self.types.remove(id);
                self.links.retain(|_, (from, to, _)| from != id && to != id);
            }
            Change::Connect { source, target, options } => {
                let to = target.processor.to_string();
                let taken: BTreeSet<_> =
                    self.links.values().filter(|link| link.1 == to).map(|link| link.2).collect();
                let least = (0..).find(|lane| !taken.contains(lane)).unwrap();
                let lane = options.lane.unwrap_or(least);
                assert!(!taken.contains(&lane), "{to} has two links on lane {lane}");
                self.links.insert(made.unwrap().0, (source.processor.to_string(), to, lane));
            }
            Change::Disconnect { id } => {
                self.links.remove(&id.0);
            }
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn changes_do_what_they_say_and_undoing_them_leads_back(
        changes in prop::collection::vec((a_change(), prop::bool::weighted(0.2)), 1..60),
    ) {
        let mut bench = Bench::new("");
        let mut model = Model::default();
        let mut graph = PropertyGraph::new();
        let mut done = VecDeque::new();
        for (change, undo) in changes {
            let list = [change.clone()];
            let Ok(applied) = apply(&bench.snapshot, &list, &bench.factory) else { continue };
            prop_assert_eq!(applied.snapshot.revision(), bench.snapshot.revision() + 1);
            let mut expected = model.clone();
            expected.change(&change, applied.connected.first().copied());
            prop_assert_eq!(&Model::of(&applied.snapshot), &expected);
            let undone = apply(&applied.snapshot, &applied.inverse.changes(), &bench.factory).unwrap();
            undone.snapshot.check_invariants().unwrap();
            prop_assert!(undone.snapshot.same_declaration(&bench.snapshot), "{:?}", change);
            // The planner may still find formats that do not go together over several links.
            if bench.take(&applied).is_ok() {
                model = expected;
                graph.commit(&bench.snapshot);
                graph.check_invariants().unwrap();
                done.push_back(applied.inverse);
            }
            // Undoing what is not the last change may be refused; where it is not, links come back.
            let oldest = if undo { done.pop_front() } else { None };
            let undone = oldest.and_then(|list| apply(&bench.snapshot, &list.changes(), &bench.factory).ok());
            if undone.is_some_and(|undone| bench.take(&undone).is_ok()) {
                model = Model::of(&bench.snapshot);
                graph.commit(&bench.snapshot);
                graph.check_invariants().unwrap();
            }
        }
    }

    #[test]
    fn a_transaction_is_its_changes_and_is_undone_as_one(
        first in prop::collection::vec(a_change(), 1..40),
        second in prop::collection::vec(a_change(), 1..40),
    ) {
        let factory = Factory::new();
        // What is refused is left out, so that the rest is a transaction that is not.
        let accepted = |start: &GraphSnapshot, changes: Vec<Change>| {
            let mut at = start.clone();
            let mut good = Vec::new();
            for change in changes {
                if let Ok(applied) = apply(&at, std::slice::from_ref(&change), &factory) {
                    at = applied.snapshot;
                    good.push(change);
                }
            }
            (at, good)
        };
        let (start, _) = accepted(&GraphSnapshot::empty(), first);
        let (one_by_one, changes) = accepted(&start, second);
        let at_once = apply(&start, &changes, &factory).unwrap();
        at_once.snapshot.check_invariants().unwrap();
        prop_assert!(at_once.snapshot.same_declaration(&one_by_one));
        let undone = apply(&at_once.snapshot, &at_once.inverse.changes(), &factory).unwrap();
        prop_assert!(undone.snapshot.same_declaration(&start));
        // Planning what differs comes to the same as planning everything, there and back.
        let mut bench = Bench::new("");
        for snapshot in [start, at_once.snapshot.clone(), undone.snapshot.clone()] {
            bench.take(&Applied { snapshot, ..at_once.clone() }).ok();
        }
    }
}

#[test]
fn what_is_attached_stays_as_long_as_what_it_is_attached_to() {
    #[derive(Debug, PartialEq)]
    struct Position(u32);
    let mut bench = Bench::new("+ a: effect\n+ b: effect\na.out -> b.in");
    let mut graph = PropertyGraph::new();
    let late = graph.insert(&id("a"), Position(1)).unwrap_err().to_string();
    assert_eq!(late, "there is no processor `a` in the graph that is in force; commit it first");
    graph.commit(&bench.snapshot);
    graph.insert(&id("a"), Position(1)).unwrap();
    graph.insert(&id("b"), Position(2)).unwrap();
    graph.insert_on_link(LinkId(0), Position(3)).unwrap();
    bench.edit("a = {\"amount\": 0.1}\nb ! late").unwrap();
    graph.commit(&bench.snapshot);
    assert_eq!(graph.query::<Position>(), [id("a"), id("b")]);
    assert_eq!(graph.get::<Position>(&id("a")).as_deref(), Some(&Position(1)));
    graph.get_mut::<Position>(&id("b")).unwrap().0 = 9;
    assert_eq!(graph.remove::<Position>(&id("b")), Some(Position(9)));
    assert!(!graph.has::<Position>(&id("b")));
    assert_eq!(graph.query_links::<Position>(), [LinkId(0)]);
    bench.edit("- a").unwrap();
    graph.commit(&bench.snapshot);
    assert!(graph.query::<Position>().is_empty());
    assert!(graph.query_links::<Position>().is_empty());
    let late: Vec<_> = graph.query_filter(|node| node.processor_type == "late").collect();
    assert_eq!(late, [&id("b")]);
}
