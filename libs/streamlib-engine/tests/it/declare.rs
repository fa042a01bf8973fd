//! What is refused when it is declared, and what it says.

use serde_json::json;
use streamlib_engine::delegates::SchedulingStrategy;
use streamlib_engine::graph::{
    Change, Link, LinkOptions, ProcessorNode, RestartPolicy, apply, choose_ports,
};
use streamlib_engine::ids::LinkId;

use crate::graphs::{Bench, id, port};

const FILM: &str = "
    + movie: movie
    + gray: effect
    + file: writer {\"path\": \"out.mp4\"}
    + mix: mixer
    movie.video -> gray.in
    gray.out -> file.in
    gray.out -> mix.in {\"lane\": 1}";

/// Checks that a change of the film is refused, with these words.
#[track_caller]
fn refused(change: &str, expect: &str) {
    let error = Bench::new(FILM).apply(change).unwrap_err();
    assert_eq!(error, expect, "\nit says\n{error}");
}

#[test]
fn types_and_configurations() {
    refused(
        "+ a: efect",
        "processor `a`: there is no processor type `efect`; did you mean `effect`?",
    );
    refused(
        "+ a: something_else",
        "processor `a`: there is no processor type `something_else`; register it first",
    );
    refused(
        "+ a: writer {\"pat\": \"x\", \"bitrate\": 1000}",
        "processor `a` (writer) cannot have this configuration:\n  \
         `bitrate`: expected a whole number from 1 to 100, found 1000\n  \
         `pat`: there is no such setting; did you mean `path`?\n  \
         `path`: this setting is required; The path.",
    );
    refused(
        "gray = {\"amount\": 2}",
        "processor `gray` (effect) cannot have this configuration:\n  \
         `amount`: expected a number from 0 to 1, found 2",
    );
    refused(
        "+ gray: effect",
        "there is a processor `gray` already; choose another name, or replace it",
    );
    refused("- grey", "there is no processor `grey` in the graph; did you mean `gray`?");
    refused(
        "file = {\"path\": \"b\"}\n+ b: writer {\"path\": \"b\"}",
        "processor `b` cannot have path \"b\": processor `file` holds it, and only one can; \
         give one of the two another",
    );
}

#[test]
fn ports_and_lanes() {
    refused(
        "mvoie.video -> mix.in",
        "there is no processor `mvoie` in the graph; did you mean `movie`?",
    );
    refused(
        "movie.vidoe -> mix.in",
        "processor `movie` has no output `vidoe`; did you mean `video`? Its outputs are video, \
         audio",
    );
    refused(
        "movie.video -> mix.out",
        "processor `mix` has no input `out`; that is an output: its inputs are in",
    );
    refused("movie.video -> mix.zzz", "processor `mix` has no input `zzz`; its inputs are in");
    refused("file.out -> mix.in", "processor `file` has no output `out`; it has no outputs");
    refused("movie.video -> gray.in", "`movie.video` is linked to `gray.in` already (link 0)");
    refused(
        "mix.out -> gray.in",
        "input `gray.in` takes one link and is linked to `movie.video`; remove that link \
         first",
    );
    refused("gray.out -> mix.in", "`gray.out` is linked to `mix.in` already (link 2)");
    refused(
        "movie.video -> mix.in {\"lane\": 1}",
        "lane 1 of `mix.in` is taken by `gray.out`; leave the lane out for the next free one",
    );
    refused(
        "movie.video -> mix.in {\"lane\": 5000}",
        "`mix.in` has no lane 5000: it takes lanes 0 to 1023",
    );
    refused(
        "+ s: sink\nmovie.video -> s.in {\"lane\": 1}",
        "`s.in` has no lane 1: it takes one link, lane 0",
    );
    refused("x 9", "there is no link 9 in the graph; it was removed or never made");
}

#[test]
fn what_does_not_fit() {
    refused(
        "movie.audio -> mix.in",
        "`movie.audio` cannot be linked to `mix.in`: it makes com.tatolab.audioframe@1.0.0, \
         and the input takes com.tatolab.videoframe@1.0.0; insert a processor that makes the \
         one from the other",
    );
    refused(
        "+ scr: screen\n+ s: nv12_sink\nscr.out -> s.in",
        "`scr.out` makes video rgba8, and `s.in` takes video nv12; no converter between them \
         is registered: insert a processor that converts",
    );
    refused(
        "+ scr: screen\n+ e: encoder\nscr.out -> e.in {\"convert\": false}",
        "`scr.out` makes video rgba8, and `e.in` takes video i420; the link says `convert: \
         false`: allow a converter, or insert one yourself",
    );
    refused(
        "movie.video -> mix.in {\"depth\": 0}",
        "the link `movie.video -> mix.in` cannot have the depth 0: use 1 to 4096, and none for \
         `latest`, which keeps one frame",
    );
    refused(
        "movie.video -> mix.in {\"depth\": 2, \"delivery\": \"latest\"}",
        "the link `movie.video -> mix.in` cannot have the depth 2: use 1 to 4096, and none for \
         `latest`, which keeps one frame",
    );
    refused(
        "movie.video -> mix.in {\"feedback\": true, \"delivery\": \"lossless\"}",
        "the feedback link `movie.video -> mix.in` is always `latest`; leave its delivery out",
    );
}

#[test]
fn cycles() {
    refused(
        "+ a: effect\nmix.out -> a.in\na.out -> mix.in",
        "the link `a.out -> mix.in` closes a cycle: a -> mix -> a; declare one of its links \
         `feedback`, or remove one",
    );
    refused(
        "mix.out -> mix.in",
        "the link `mix.out -> mix.in` closes a cycle: mix -> mix; declare one of its links \
         `feedback`, or remove one",
    );
    let many = (0..9).map(|n| format!("+ p{n}: mixer\nmix.out -> p{n}.in\n"));
    refused(
        &format!("{}p4.out -> mix.in", many.collect::<String>()),
        "the link `p4.out -> mix.in` closes a cycle: p4 -> mix -> p4; declare one of its links \
         `feedback`, or remove one",
    );
}

#[test]
fn replacements_keep_what_is_linked() {
    refused(
        "gray ! sink",
        "processor `gray` cannot become a `sink`, which has no output `out`; remove link 1 \
         first, in the same transaction",
    );
    refused("mix ! effect", "`mix.in` has no lane 1: it takes one link, lane 0");
    refused(
        "movie ! screen",
        "processor `movie` cannot become a `screen`, which has no output `video`; remove link \
         0 first, in the same transaction",
    );
}

#[test]
fn settings_of_a_processor() {
    let check = |edit: fn(&mut ProcessorNode), expect: &str| {
        let mut node = ProcessorNode::new(id("new"), "movie", json!(null));
        edit(&mut node);
        let bench = Bench::new(FILM);
        let error = apply(&bench.snapshot, &[Change::Add { node }], &bench.factory);
        let error = error.unwrap_err().to_string();
        assert_eq!(error, expect, "\nit says\n{error}");
    };
    check(
        |node| node.scheduling = Some(SchedulingStrategy::WorkStealingPool),
        "processor `new` cannot run on `pool`: it declares that it blocks, so it needs a \
         thread of its own; use a dedicated thread",
    );
    check(
        |node| {
            node.processor_type = "screen".to_owned();
            node.scheduling = Some(SchedulingStrategy::Lightweight);
        },
        "processor `new` cannot run on `lightweight`: it makes data on its own schedule, and a \
         lightweight processor is only called by what produces its input; use the pool or a \
         thread",
    );
    check(
        |node| node.scheduling = Some(SchedulingStrategy::MainThread),
        "processor `new` cannot run on `main thread`: it declares that it blocks, so it needs \
         a thread of its own; use a dedicated thread",
    );
    check(
        |node| {
            let backoff = std::time::Duration::from_secs(1);
            node.restart = RestartPolicy::OnFailure { backoff, limit: Some(0) };
        },
        "processor `new` has a restart policy with the limit 0; use 1 or more, or `never`",
    );
}

#[test]
fn two_processors_are_linked_by_the_ports_that_fit() {
    let bench = Bench::new(
        "+ movie: movie\n+ scr: screen\n+ s: sink\n+ b: both\n+ e: encoder\n+ h: hearing",
    );
    let check = |from: &str, to: &str, expect: &str| {
        let pair = choose_ports(&bench.snapshot, &id(from), &id(to), &bench.factory);
        let text = match pair {
            Ok((from, to)) => format!("{from} -> {to}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(text, expect, "\nit says\n{text}");
    };
    check("movie", "s", "movie.video -> s.in");
    check("movie", "h", "movie.audio -> h.in");
    check("scr", "e", "scr.out -> e.in");
    check(
        "movie",
        "b",
        "more than one output of `movie` fits an input of `b`; name the ports, one of: \
         movie.video -> b.a, movie.video -> b.b",
    );
    check(
        "scr",
        "h",
        "no output of `scr` fits a free input of `h`: `scr` makes `out` \
         (com.tatolab.videoframe@1.0.0, video rgba8), and `h` takes `in` \
         (com.tatolab.audioframe@1.0.0)",
    );
    check(
        "s",
        "h",
        "no output of `s` fits a free input of `h`: `s` makes nothing, and `h` takes `in` \
         (com.tatolab.audioframe@1.0.0)",
    );
    check("scr", "nobody", "there is no processor `nobody` in the graph; add it first");
}

#[test]
fn nothing_is_changed_when_one_change_is_refused() {
    let mut bench = Bench::new(FILM);
    let before = bench.snapshot.clone();
    bench.edit("- gray\n+ gray: nothing").unwrap_err();
    assert!(bench.snapshot.same_declaration(&before));
    assert_eq!(bench.snapshot.revision(), before.revision());
}

#[test]
fn lanes_keep_their_numbers_and_links_theirs() {
    let mut bench = Bench::new(FILM);
    bench.edit("movie.video -> mix.in\n+ x: effect\nmovie.video -> x.in\nx.out -> mix.in").unwrap();
    let lanes = |bench: &Bench| -> Vec<_> {
        let links = bench.snapshot.links_to(&port("mix.in"));
        links.map(|link| (link.lane, link.source.to_string())).collect()
    };
    let all = [(0, "movie.video"), (1, "gray.out"), (2, "x.out")];
    assert_eq!(lanes(&bench), all.map(|(lane, from)| (lane, from.to_owned())));
    bench.edit("x 3").unwrap();
    let left: Vec<_> = all[1..].iter().map(|(lane, from)| (*lane, (*from).to_owned())).collect();
    assert_eq!(lanes(&bench), left);
    let again = bench.apply("movie.video -> mix.in").unwrap();
    assert_eq!(again.connected, [LinkId(6)]);
    assert_eq!(again.snapshot.link(LinkId(6)).unwrap().lane, 0);
}

#[test]
fn a_snapshot_is_json_with_names() {
    let bench =
        Bench::new("+ a: screen\n+ b: writer {\"path\": \"x\"}\na.out -> b.in {\"depth\": 3}");
    let expect = json!({
        "revision": 1,
        "processors": [
            { "id": "a", "processor_type": "screen" },
            { "id": "b", "processor_type": "writer", "config": { "path": "x" } },
        ],
        "links": [{ "id": 0, "from": "a.out", "to": "b.in", "lane": 0, "depth": 3 }],
    });
    assert_eq!(serde_json::to_value(&bench.snapshot).unwrap(), expect);
}

#[test]
fn changes_are_json() {
    let change = Change::Connect {
        source: port("a.out"),
        target: port("b.in"),
        options: LinkOptions { depth: Some(2), ..LinkOptions::default() },
    };
    let text = serde_json::to_string(&change).unwrap();
    assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), change);
}

#[test]
fn what_is_put_back_must_be_gone_and_what_is_replaced_keeps_its_name() {
    let bench = Bench::new(FILM);
    let check = |change: Change, expect: &str| {
        let error = apply(&bench.snapshot, &[change], &bench.factory).unwrap_err();
        assert_eq!(error.to_string(), expect);
    };
    let link = (**bench.snapshot.link(LinkId(1)).unwrap()).clone();
    check(
        Change::Reconnect { link: link.clone() },
        "link 1 is in the graph already and cannot be put back",
    );
    check(
        Change::Reconnect { link: Link { id: LinkId(u64::MAX), ..link } },
        "the graph has no number left for another link",
    );
    check(
        Change::Replace {
            id: id("gray"),
            node: ProcessorNode::new(id("x"), "effect", json!(null)),
        },
        "processor `gray` cannot be replaced by one called `x`; both need the same name",
    );
}
