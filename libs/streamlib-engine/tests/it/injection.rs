//! A failure at any step of a plan: before the flip nothing is left of the attempt, after it
//! nothing is left of the old, and what was not touched loses nothing.

mod bed;
mod prepare;
mod retire;

/// An edit of the graph of [`bed`].
struct Edit {
    /// As text; see `graphs`.
    changes: &'static str,
    /// What the plan must have to be worth the test: steps by their first words.
    steps: &'static [&'static str],
}

/// Edits of every kind: each is a constant and, for the checks of this module, a test.
macro_rules! edits {
    ($($(#[$doc:meta])* $name:ident: $changes:literal, $steps:expr;)+) => {
        mod edits {
            use super::Edit;
            $(
                $(#[$doc])*
                #[expect(non_upper_case_globals, reason = "the name is that of its tests, too")]
                pub(super) const $name: Edit = Edit { changes: $changes, steps: $steps };
            )+
        }
        mod a_failure_at_any_step_of_prepare_leaves_nothing_behind {
            $(#[test] fn $name() { super::prepare::check(&super::edits::$name); })+
        }
        mod a_failure_at_any_step_of_retire_is_told_and_leaves_nothing_behind {
            $(#[test] fn $name() { super::retire::check(&super::edits::$name); })+
        }
    };
}

edits! {
    insertion: "x 1
         + new: test.opens
         src.out -> new.input
         new.out -> stage.input",
    &["create new", "build link", "start strand", "set up", "hold", "drop link"];
    inline_insertion: "x 1
         + new: test.opens @ inline
         src.out -> new.input
         new.out -> stage.input",
    &["create new", "build link", "hold", "regroup", "drop link"];
    insertion_with_threads: "+ more: test.script @ thread
         + new: test.opens @ thread
         + end: test.opens @ thread
         more.out -> new.input
         new.out -> end.input",
    &["create end", "start strand more", "start strand new", "start strand end", "set up"];
    removal: "- stage
         src.out -> sink.input",
    &["build link", "hold", "drain stage", "stop stage", "tear down stage", "drop link", "end strand"];
    replacement: "stage ! test.opens",
    &["create stage", "set up", "hold", "swap the ports", "stop the old", "tear down the old"];
    replacement_of_a_holder: "holder ! test.holder {\"path\": \"kept\", \"amount\": 2}",
    &["create holder", "hold", "gap: stop holder", "set up holder"];
    other_link: "x 1
         other.out -> stage.input",
    &["build link", "hold", "drop link"];
    configurations: "stage = {\"amount\": 3}
         holder = {\"path\": \"kept\", \"amount\": 3}",
    &["hold", "update the configuration of stage", "update the configuration of holder"];
    converter: "+ grey: test.grey_sink
         rgb.out -> grey.input",
    &["create grey.input~convert", "create grey", "build link", "set up grey.input~convert"];
    deeper_links: "x 1
         x 2
         src.out -> stage.input {\"depth\": 64}
         stage.out -> sink.input {\"depth\": 128}",
    &["build link", "hold", "drop link"];
    other_strategies: "stage ! test.opens @ thread
         sink ! test.record @ inline
         beside ! test.record @ pool",
    &["create stage", "hold", "regroup strand stage", "regroup strand beside", "end strand"];
}
