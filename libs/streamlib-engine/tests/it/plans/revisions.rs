//! A plan that is revised edit by edit is the one that would be made anew.

use streamlib_engine::compiler::LinkKey;
use streamlib_engine::graph::apply;
use streamlib_engine::ids::LinkId;

use crate::graphs::{Bench, id};

/// Makes the edits one after the other; each is compared with planning everything anew.
#[track_caller]
fn revised(graph: &str, edits: &[&str]) -> Bench {
    let mut bench = Bench::new(graph);
    for edit in edits {
        bench.edit(edit).unwrap();
    }
    bench
}

#[test]
fn another_processor_in_the_same_slot_is_another_strand() {
    let chain = "+ a: screen\n+ b: cheap\n+ c: cheap\na.out -> b.in\nb.out -> c.in";
    let bench = revised(chain, &["- a\n+ a2: screen\na2.out -> b.in"]);
    assert_eq!(bench.blueprint.processors[&id("c")].strand, id("a2"));
}

#[test]
fn what_the_last_owner_of_a_slot_waited_for_is_forgotten() {
    let join = "
        + m: movie\n+ late: cheap_late\n+ both: cheap_both
        m.video -> late.in\nlate.out -> both.a\nm.video -> both.b";
    let bench = revised(join, &["- both\n+ y: cheap\nm.video -> y.in"]);
    assert_eq!(bench.blueprint.processors[&id("y")].strand, id("m"));
}

#[test]
fn a_link_that_comes_back_is_not_as_deep_as_when_it_led_to_a_join() {
    let join = "
        + m: movie\n+ late: late\n+ both: both
        m.video -> late.in\nlate.out -> both.a\nm.video -> both.b";
    let mut bench = Bench::new(join);
    let removed = bench.apply("x 2").unwrap();
    bench.take(&removed).unwrap();
    bench.edit("x 1").unwrap();
    let back = apply(&bench.snapshot, &removed.inverse.changes(), &bench.factory).unwrap();
    bench.take(&back).unwrap();
    assert_eq!(bench.blueprint.links[&LinkKey { link: LinkId(2), part: 0 }].depth, 8);
}

#[test]
fn a_link_between_members_may_turn_their_order() {
    for start in ["scr.out -> fx.in\nscr.out -> join.a", "scr.out -> join.a\nscr.out -> fx.in"] {
        let start = format!("+ scr: screen\n+ fx: cheap\n+ join: cheap_both\n{start}");
        let bench = revised(&start, &["fx.out -> join.b"]);
        let members = &bench.blueprint.strands[&id("scr")].members;
        assert_eq!(*members, ["scr", "fx", "join"].map(id));
    }
}
