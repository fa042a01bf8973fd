//! What is decided about graphs, and what changing them takes.

mod revisions;

use streamlib_engine::compiler::LinkKey;
use streamlib_engine::ids::LinkId;

use crate::graphs::{Bench, id};

/// Checks the plan of `edit` on a graph; for a graph from nothing, `start` is empty.
#[track_caller]
fn check(start: &str, edit: &str, expect: &str) {
    let plan = Bench::new(start).edit(edit).unwrap().to_string();
    let clean = |text: &str| {
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        lines.join("\n")
    };
    assert_eq!(clean(&plan), clean(expect), "\nthe plan is\n{plan}");
}

#[track_caller]
fn refused(start: &str, edit: &str, expect: &str) {
    let error = Bench::new(start).edit(edit).unwrap_err();
    assert_eq!(error, expect, "\nit says\n{error}");
}

const FILM: &str = "
    + movie: movie
    + gray: effect
    + file: writer {\"path\": \"out.mp4\"}
    movie.video -> gray.in
    gray.out -> file.in";

#[test]
fn a_graph_from_nothing() {
    check(
        "",
        FILM,
        "
        revision 1 -> 2
        prepare
           1. create file (writer)
           2. create gray (effect)
           3. create movie (movie)
           4. build link movie.video -> gray.in: ring, lossless, depth 8
           5. build link gray.out -> file.in: ring, lossless, depth 8
           6. start strand file on pool
           7. start strand gray on pool
           8. start strand movie on thread
           9. set up file
          10. set up gray
          11. set up movie
        flip
          12. publish revision 2",
    );
}

#[test]
fn what_is_removed_is_drained_and_its_neighbours_are_rewired() {
    check(
        FILM,
        "- gray",
        "
        revision 1 -> 2
        prepare
           1. hold file, gray, movie
        flip
           2. swap the ports of file
           3. swap the ports of movie
           4. publish revision 2
        retire
           5. drain gray
           6. stop gray
           7. tear down gray
           8. drop link movie.video -> gray.in
           9. drop link gray.out -> file.in
          10. end strand gray",
    );
}

#[test]
fn inserting_an_effect_touches_its_neighbours() {
    check(
        FILM,
        "x 0\n+ blur: effect\nmovie.video -> blur.in\nblur.out -> gray.in",
        "
        revision 1 -> 2
        prepare
           1. create blur (effect)
           2. build link movie.video -> blur.in: ring, lossless, depth 8
           3. build link blur.out -> gray.in: ring, lossless, depth 8
           4. start strand blur on pool
           5. set up blur
           6. hold gray, movie
        flip
           7. swap the ports of gray
           8. swap the ports of movie
           9. publish revision 2
        retire
          10. drop link movie.video -> gray.in",
    );
}

#[test]
fn a_replacement_is_made_beside_what_runs() {
    check(
        FILM,
        "gray ! late",
        "
        revision 1 -> 2
        prepare
           1. create gray (late), to replace the one that runs
           2. set up gray
           3. hold gray
        flip
           4. swap the ports of gray
           5. publish revision 2
        retire
           6. stop the old gray
           7. tear down the old gray",
    );
}

#[test]
fn a_replacement_of_what_only_one_can_hold_leaves_a_gap() {
    check(
        FILM,
        "file ! writer {\"path\": \"out.mp4\", \"bitrate\": 9}",
        "
        revision 1 -> 2
        prepare
           1. create file (writer), to replace the one that runs
           2. hold file
           3. gap: stop file before its replacement is set up: both hold path \"out.mp4\"
           4. set up file
        flip
           5. swap the ports of file
           6. publish revision 2",
    );
    check(
        FILM,
        "file ! writer {\"path\": \"other.mp4\"}",
        "
        revision 1 -> 2
        prepare
           1. create file (writer), to replace the one that runs
           2. set up file
           3. hold file
        flip
           4. swap the ports of file
           5. publish revision 2
        retire
           6. stop the old file
           7. tear down the old file",
    );
}

#[test]
fn a_configuration_is_given_to_what_runs() {
    check(
        FILM,
        "gray = {\"amount\": 0.5}",
        "
        revision 1 -> 2
        prepare
           1. hold gray
           2. update the configuration of gray
        flip
           3. publish revision 2",
    );
    check(
        FILM,
        "gray = {}",
        "
        revision 1 -> 2
        prepare
           1. hold gray
           2. update the configuration of gray
        flip
           3. publish revision 2",
    );
}

#[test]
fn a_converter_becomes_a_stage_of_the_link() {
    let start = "+ screen: screen\n+ enc: encoder";
    check(
        start,
        "screen.out -> enc.in {\"delivery\": \"every_sample\", \"depth\": 3}",
        "
        revision 1 -> 2
        prepare
           1. create enc.in~convert (converter)
           2. build link screen.out -> enc.in~convert.in: overwrite, every_sample, depth 3
           3. build link enc.in~convert.out -> enc.in: inline
           4. set up enc.in~convert
           5. hold enc, screen
        flip
           6. swap the ports of enc
           7. swap the ports of screen
           8. regroup strand enc
           9. publish revision 2",
    );
}

#[test]
fn a_converter_goes_as_far_down_as_it_can() {
    // The effect takes what the screen makes, and the other consumer is not converted for.
    check(
        "",
        "+ screen: screen\n+ fx: effect\n+ enc: encoder\n+ sink: sink
         screen.out -> fx.in\nscreen.out -> sink.in\nfx.out -> enc.in",
        "
        revision 1 -> 2
        prepare
           1. create enc (encoder)
           2. create enc.in~convert (converter)
           3. create fx (effect)
           4. create screen (screen)
           5. create sink (sink)
           6. build link screen.out -> fx.in: ring, lossless, depth 8
           7. build link screen.out -> sink.in: ring, lossless, depth 8
           8. build link fx.out -> enc.in~convert.in: ring, lossless, depth 8
           9. build link enc.in~convert.out -> enc.in: inline
          10. start strand enc on pool, 2 processors
          11. start strand fx on pool
          12. start strand screen on pool
          13. start strand sink on pool
          14. set up enc
          15. set up enc.in~convert
          16. set up fx
          17. set up screen
          18. set up sink
        flip
          19. publish revision 2",
    );
}

/// Checks what a link carries, by the number of the link.
#[track_caller]
fn carries(graph: &str, link: u64, expect: &str) {
    let bench = Bench::new(graph);
    let key = LinkKey { link: LinkId(link), part: 0 };
    assert_eq!(bench.blueprint.links[&key].formats.to_string(), expect);
}

#[test]
fn what_a_consumer_takes_reaches_back_through_tied_ports() {
    let chain = "+ movie: movie\n+ fx: effect\nmovie.video -> fx.in";
    carries(chain, 0, "video i420|nv12");
    let taken = format!("{chain}\n+ sink: nv12_sink\nfx.out -> sink.in");
    carries(&taken, 0, "video nv12");
    carries(&taken, 1, "video nv12");
    // The first consumer decides; the other is converted for.
    let both = format!("{taken}\n+ enc: encoder\nmovie.video -> enc.in");
    carries(&both, 0, "video nv12");
    carries(&both, 2, "video nv12");
}

#[test]
fn the_shorter_path_to_a_join_is_deepened() {
    let split = "
        + movie: movie\n+ late: late\n+ both: both\n+ sink: sink
        movie.video -> late.in\nlate.out -> both.a {\"depth\": 1}
        movie.video -> both.b {\"depth\": 1}\nboth.out -> sink.in";
    check(
        "",
        split,
        "
        revision 1 -> 2
        prepare
           1. create both (both)
           2. create late (late)
           3. create movie (movie)
           4. create sink (sink)
           5. build link movie.video -> late.in: ring, lossless, depth 8
           6. build link late.out -> both.a: ring, lossless, depth 1
           7. build link movie.video -> both.b: ring, lossless, depth 32 (deepened: join at both.b)
           8. build link both.out -> sink.in: ring, lossless, depth 8
           9. start strand both on pool
          10. start strand late on pool
          11. start strand movie on thread
          12. start strand sink on pool
          13. set up both
          14. set up late
          15. set up movie
          16. set up sink
        flip
          17. publish revision 2",
    );
    check(
        split,
        "late ! effect",
        "
        revision 1 -> 2
        prepare
           1. create late (effect), to replace the one that runs
           2. build link movie.video -> both.b: ring, lossless, depth 2 (deepened: join at both.b)
           3. set up late
           4. hold both, late, movie
        flip
           5. swap the ports of both
           6. swap the ports of late
           7. swap the ports of movie
           8. publish revision 2
        retire
           9. stop the old late
          10. tear down the old late
          11. drop link movie.video -> both.b",
    );
}

#[test]
fn sources_that_share_nothing_deepen_nothing() {
    check(
        "",
        "+ a: camera\n+ b: camera\n+ late: late\n+ both: both
         a.out -> late.in\nlate.out -> both.a {\"depth\": 1}\nb.out -> both.b {\"depth\": 1}",
        "
        revision 1 -> 2
        prepare
           1. create a (camera)
           2. create b (camera)
           3. create both (both)
           4. create late (late)
           5. build link a.out -> late.in: ring, lossless, depth 8
           6. build link late.out -> both.a: ring, lossless, depth 1
           7. build link b.out -> both.b: ring, lossless, depth 1
           8. start strand a on thread
           9. start strand b on thread
          10. start strand both on pool
          11. start strand late on pool
          12. set up a
          13. set up b
          14. set up both
          15. set up late
        flip
          16. publish revision 2",
    );
}

#[test]
fn lightweight_processors_run_in_their_producers_strand() {
    let chain = "
        + movie: movie\n+ a: cheap\n+ b: cheap\n+ pool: effect\n+ c: cheap
        movie.video -> a.in\na.out -> b.in\nb.out -> pool.in\npool.out -> c.in";
    check(
        "",
        chain,
        "
        revision 1 -> 2
        prepare
           1. create a (cheap)
           2. create b (cheap)
           3. create c (cheap)
           4. create movie (movie)
           5. create pool (effect)
           6. build link movie.video -> a.in: inline
           7. build link a.out -> b.in: inline
           8. build link b.out -> pool.in: ring, lossless, depth 8
           9. build link pool.out -> c.in: inline
          10. start strand movie on thread, 3 processors
          11. start strand pool on pool, 2 processors
          12. set up a
          13. set up b
          14. set up c
          15. set up movie
          16. set up pool
        flip
          17. publish revision 2",
    );
    check(
        chain,
        "- c",
        "
        revision 1 -> 2
        prepare
           1. hold pool
        flip
           2. swap the ports of pool
           3. regroup strand pool
           4. publish revision 2
        retire
           5. drain c
           6. stop c
           7. tear down c
           8. drop link pool.out -> c.in",
    );
    check(
        chain,
        "x 0",
        "
        revision 1 -> 2
        prepare
           1. start strand a on pool, 2 processors
           2. hold movie
        flip
           3. swap the ports of a
           4. swap the ports of movie
           5. regroup strand movie
           6. publish revision 2
        retire
           7. drop link movie.video -> a.in",
    );
}

#[test]
fn a_lightweight_join_leaves_the_strand_when_frames_must_wait_for_it() {
    let start = |late: &str| {
        format!(
            "+ movie: movie\n+ x: {late}\n+ both: cheap_both
             movie.video -> x.in\nx.out -> both.a\nmovie.video -> both.b"
        )
    };
    check(
        "",
        &start("cheap"),
        "
        revision 1 -> 2
        prepare
           1. create both (cheap_both)
           2. create movie (movie)
           3. create x (cheap)
           4. build link movie.video -> x.in: inline
           5. build link x.out -> both.a: inline
           6. build link movie.video -> both.b: inline
           7. start strand movie on thread, 3 processors
           8. set up both
           9. set up movie
          10. set up x
        flip
          11. publish revision 2",
    );
    check(
        "",
        &start("cheap_late"),
        "
        revision 1 -> 2
        prepare
           1. create both (cheap_both)
           2. create movie (movie)
           3. create x (cheap_late)
           4. build link movie.video -> x.in: inline
           5. build link x.out -> both.a: ring, lossless, depth 8
           6. build link movie.video -> both.b: ring, lossless, depth 32 (deepened: join at both.b)
           7. start strand both on pool
           8. start strand movie on thread, 2 processors
           9. set up both
          10. set up movie
          11. set up x
        flip
          12. publish revision 2",
    );
}

#[test]
fn carriers_follow_delivery_and_feedback_is_always_a_slot() {
    check(
        "",
        "+ cam: camera\n+ mix: mixer\n+ fx: effect\n+ show: preview\n+ meter: meter
         cam.out -> mix.in\nmix.out -> fx.in\nfx.out -> mix.in {\"feedback\": true, \"lane\": 3}
         mix.out -> show.in\ncam.out -> meter.in",
        "
        revision 1 -> 2
        prepare
           1. create cam (camera)
           2. create fx (effect)
           3. create meter (meter)
           4. create mix (mixer)
           5. create show (preview)
           6. build link cam.out -> mix.in[0]: ring, lossless, depth 8
           7. build link mix.out -> fx.in: ring, lossless, depth 8
           8. build link fx.out -> mix.in[3]: slot, latest, depth 1
           9. build link mix.out -> show.in: slot, latest, depth 1
          10. build link cam.out -> meter.in: overwrite, every_sample, depth 16
          11. start strand cam on thread
          12. start strand fx on pool
          13. start strand meter on pool
          14. start strand mix on pool
          15. start strand show on main thread
          16. set up cam
          17. set up fx
          18. set up meter
          19. set up mix
          20. set up show
        flip
          21. publish revision 2",
    );
}

#[test]
fn what_cannot_be_planned_is_refused() {
    refused(
        "+ screen: screen\n+ fx: effect\n+ sink: nv12_sink\nscreen.out -> fx.in",
        "fx.out -> sink.in",
        "`fx.out` makes video rgba8, and `sink.in` takes video nv12; \
         no converter between them is registered: insert a processor that converts",
    );
}

#[test]
fn one_edit_in_a_large_graph_touches_only_its_neighbours() {
    let mut chain = "+ p0: camera\n".to_owned();
    for n in 1..2000 {
        let from = n - 1;
        chain += &format!("+ p{n}: effect\np{from}.out -> p{n}.in\n");
    }
    check(
        &chain,
        "x 999\n+ new: effect\np999.out -> new.in\nnew.out -> p1000.in",
        "
        revision 1 -> 2
        prepare
           1. create new (effect)
           2. build link p999.out -> new.in: ring, lossless, depth 8
           3. build link new.out -> p1000.in: ring, lossless, depth 8
           4. start strand new on pool
           5. set up new
           6. hold p1000, p999
        flip
           7. swap the ports of p1000
           8. swap the ports of p999
           9. publish revision 2
        retire
          10. drop link p999.out -> p1000.in",
    );
}

#[test]
fn what_is_replaced_and_rewired_is_swapped_once() {
    check(
        FILM,
        "gray ! late\n+ s: sink\ngray.out -> s.in",
        "
        revision 1 -> 2
        prepare
           1. create s (sink)
           2. create gray (late), to replace the one that runs
           3. build link gray.out -> s.in: ring, lossless, depth 8
           4. start strand s on pool
           5. set up s
           6. set up gray
           7. hold gray
        flip
           8. swap the ports of gray
           9. publish revision 2
        retire
          10. stop the old gray
          11. tear down the old gray",
    );
}

#[test]
fn a_path_that_other_processors_hang_on_is_late_as_well() {
    let split = "
        + movie: movie\n+ late: late\n+ both: both\n+ s: sink
        movie.video -> late.in\nlate.out -> s.in\nlate.out -> both.a\nmovie.video -> both.b";
    let depth =
        |bench: &Bench, link| bench.blueprint.links[&LinkKey { link: LinkId(link), part: 0 }].depth;
    let mut bench = Bench::new(split);
    assert_eq!([0, 1, 2, 3].map(|link| depth(&bench, link)), [8, 8, 8, 32]);
    // Without the longer path there is nothing to wait for.
    bench.edit("x 2").unwrap();
    assert_eq!(depth(&bench, 3), 8);
}

#[test]
fn a_feedback_link_does_not_keep_a_processor_out_of_a_strand() {
    let bench = Bench::new(
        "+ scr: screen\n+ both: cheap_both\n+ fx: cheap
         scr.out -> both.a\nboth.out -> fx.in\nfx.out -> both.b {\"feedback\": true}",
    );
    let strand = &bench.blueprint.strands[&id("scr")];
    assert_eq!(strand.members, ["scr", "both", "fx"].map(id));
}
