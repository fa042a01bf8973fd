//! What `--help` says below the arguments: examples, and what is not obvious.

pub(super) const MAIN: &str = "\
Begin with:
  streamlib doctor                             what works on this machine
  streamlib processors list                    what graphs can be made of
  streamlib check graph.yaml                   is the file right?
  streamlib run graph.yaml --set clip=my.mp4   run it

Exit codes:
  0    all went well
  1    the graph failed, or a running graph refused what was asked
  2    the command line, the graph file or a name is wrong
  3    the machine lacks something
  130  interrupted by Ctrl-C; what was written is finished

Environment:
  STREAMLIB_HOME     folder of everything that StreamLib keeps; ~/.streamlib when absent
  STREAMLIB_RUNTIME  the program streamlib-runtime, if it is not beside this one";

pub(super) const RUN: &str = "\
The graph runs until its sources have ended. Ctrl-C stops it in order: sources end, frames under
way are drained, files are finished. A second Ctrl-C cuts at once. While it runs, `streamlib
inspect`, `set`, `events` and `stop` work on it from another terminal.

Examples:
  streamlib run graph.yaml
  streamlib run graph.yaml --set clip=my.mp4 --set out=/tmp
  streamlib run graph.yaml --json > report.json
  streamlib run graph.yaml --name left & streamlib inspect left";

pub(super) const CHECK: &str = "\
All problems are said at once, each with its line and what to do. Nothing is run and no file that
the graph names is opened. The exit code is 0 if the graph can be run, else 2.

Examples:
  streamlib check graph.yaml
  streamlib check graph.yaml --set clip=my.mp4
  streamlib check graph.yaml --json | jq '.problems[].message'";

pub(super) const GRAPH: &str = "\
Examples:
  streamlib graph graph.yaml
  streamlib graph graph.yaml --format dot | dot -Tsvg > graph.svg
  streamlib graph graph.yaml --format mermaid";

pub(super) const INSPECT: &str = "\
Counts are exact. Times of calls are sampled; `--json` says how many calls and which. On every
link, sent = delivered + dropped + flushed + lost + waiting.

Examples:
  streamlib inspect
  streamlib inspect side-by-side
  streamlib inspect --json | jq '.links[] | {from, to, dropped}'";

pub(super) const SET: &str = "\
The change is planned, checked and carried out as one transaction: all settings that are named
change, or none. `streamlib undo` takes it back.

Examples:
  streamlib set file video_bitrate=1000000
  streamlib set side-by-side.file video_bitrate=1000000
  streamlib set file video_bitrate=1000000 --dry-run";

pub(super) const UNDO: &str = "\
What the graph was declared to be is restored. What has happened stays: frames, files, time.

Examples:
  streamlib undo
  streamlib undo side-by-side";

pub(super) const PAUSE: &str = "\
While a graph is paused, files wait, and what comes from live sources is dropped and counted.

Examples:
  streamlib pause
  streamlib resume side-by-side";

pub(super) const STOP: &str = "\
Sources end, frames under way are drained, files are finished. The command returns when the
graph has ended.

Examples:
  streamlib stop
  streamlib stop side-by-side --drain-timeout 10s
  streamlib stop --drain-timeout 0s";

pub(super) const LIST: &str = "\
Examples:
  streamlib list
  streamlib list --json | jq -r '.[].name'";

pub(super) const EVENTS: &str = "\
Ends when the graph ends. With `--json`, each line is one event.

Examples:
  streamlib events
  streamlib events side-by-side --all
  streamlib events --json | jq 'select(.severity == \"error\")'";

pub(super) const PROCESSORS: &str = "\
Examples:
  streamlib processors list
  streamlib processors describe mp4_writer
  streamlib processors describe com.tatolab.compositor --json";

pub(super) const DOCTOR: &str = "\
The exit code is 0 if nothing that is needed is missing, else 3.

Examples:
  streamlib doctor
  streamlib doctor --json | jq '.checks[] | select(.status != \"ok\")'";

pub(super) const COMPLETIONS: &str = "\
Examples:
  streamlib completions bash > ~/.local/share/bash-completion/completions/streamlib
  streamlib completions zsh > ~/.zfunc/_streamlib
  streamlib completions fish > ~/.config/fish/completions/streamlib.fish";
