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
  streamlib run graph.yaml --plugin libeffects.so
  streamlib run graph.yaml --name left & streamlib inspect left";

pub(super) const PLUGIN: &str = "\
A plugin says in a note of its file which ABI, compiler and target it was built for and which
processors it offers. The note is read; nothing of the file is run. The exit code is 0 if this
machine and this version can load it, else 2.

Examples:
  streamlib plugin inspect libsimple_effects.so
  streamlib plugin inspect libsimple_effects.so --json | jq '.processors[].name'
  streamlib run graph.yaml --plugin libsimple_effects.so";

pub(super) const CHECK: &str = "\
All problems are said at once, each with its line and what to do. Nothing is run and no file that
the graph names is opened; plugins are loaded to ask what they offer. The exit code is 0 if the graph can be run, else 2.

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

pub(super) const SCHEMAS: &str = "\
A schema is a JSON Type Definition (RFC 8927), YAML or JSON, with metadata for what that lacks:
streamlib:type (int64, uint64, bytes), streamlib:min, streamlib:max, streamlib:length,
streamlib:unit, streamlib:default, streamlib:schema (name@version).

Examples:
  streamlib schemas list
  streamlib schemas describe com.tatolab.videoframe
  streamlib schemas validate my-schema.yaml value.json";

pub(super) const SCHEMAS_LIST: &str = "\
Examples:
  streamlib schemas list
  streamlib schemas list --json | jq -r '.[].name'";

pub(super) const SCHEMAS_DESCRIBE: &str = "\
Examples:
  streamlib schemas describe com.tatolab.audioframe
  streamlib schemas describe com.tatolab.grayscale.config
  streamlib schemas describe com.tatolab.audioframe --json > audioframe.json";

pub(super) const SCHEMAS_VALIDATE: &str = "\
The exit code is 0 if the value is right, 1 if it is not, and 2 if the schema itself is not valid
or a file cannot be read. An error indicator is where in the value (instancePath) and which part
of the schema was not kept to (schemaPath), both JSON Pointers.

Examples:
  streamlib schemas validate my-schema.yaml value.json
  streamlib schemas validate com.tatolab.videoframe frame.json --json
  some-program | streamlib schemas validate my-schema.json -";

pub(super) const SCHEMAS_VALIDATE_PROCESSOR: &str = "\
Exit codes are those of `streamlib schemas validate`.

Examples:
  streamlib schemas validate-processor com.tatolab.grayscale settings.yaml
  echo '{\"amount\": 0.5}' | streamlib schemas validate-processor grayscale -";

pub(super) const SCHEMAS_GENERATE: &str = "\
The same schema gives the same bytes. What is generated reads and writes JSON; limits are checked
by `streamlib schemas validate` and by the runtime, not by the types.

Examples:
  streamlib schemas generate my-schema.yaml --language rust -o src/my_schema.rs
  streamlib schemas generate com.tatolab.videoframe --language python > videoframe.py";

pub(super) const SCHEMAS_DIFF: &str = "\
Within one major version, each version has to read what the others write. The exit code is 0 if
that holds: if both read each other's data, or the new schema says a version that is new enough
(streamlib:schema). Else it is 1.

Examples:
  streamlib schemas diff old.yaml new.yaml
  streamlib schemas diff com.tatolab.videoframe my-videoframe.json
  streamlib schemas diff old.yaml new.yaml --json | jq '.changes[] | select(.level == \"major\")'";

pub(super) const PACK: &str = "\
Everything is checked first: the manifest, the schemas, the graph, the entry points, and that every
plugin in `lib/` has the processors of the manifest. What would not load is refused. Equal files give
equal archives. Types are generated from the package's schemas into `generated/`. `include` and
`exclude` in the manifest say which files are packed; hidden files and build outputs are not.

Examples:
  streamlib pack
  streamlib pack effects -o effects.slpkg
  streamlib pack --dry-run";

pub(super) const PKG: &str = "\
A package has processors, schemas or a graph. `streamlib pack` makes one from a folder.

Begin with:
  streamlib pkg install ./effects
  streamlib pkg list
  streamlib run com.example.effects";

pub(super) const PKG_INSTALL: &str = "\
A source is a folder (./effects), an archive (effects.slpkg), a URL, or the name of an installed
package. What comes from a URL has to be what is known before: its sum stands behind the URL
(#sha256=..) or in streamlib.lock, or a trusted key signed it (URL.minisig). Everything that a package
needs is installed with it, or nothing is.

Without a source, what the project in this folder needs is installed, and streamlib.lock is written:
keep it with the project, so that everybody gets the same versions.

Examples:
  streamlib pkg install ./effects
  streamlib pkg install effects-1.0.0.slpkg
  streamlib pkg install https://example.com/effects.slpkg#sha256=0123...
  streamlib pkg install";

pub(super) const PKG_INSPECT: &str = "\
Nothing of the package is run, and nothing is installed.

Examples:
  streamlib pkg inspect effects-1.0.0.slpkg
  streamlib pkg inspect com.example.effects --json | jq '.processors[].name'";

pub(super) const PKG_LIST: &str = "\
Examples:
  streamlib pkg list
  streamlib pkg list --json | jq -r '.[].name'";

pub(super) const PKG_REMOVE: &str = "\
A package that another one needs stays, and one that runs. What was installed only for it is kept
until `streamlib cache prune`.

Examples:
  streamlib pkg remove com.example.effects
  streamlib pkg remove com.example.effects@^1";

pub(super) const PKG_VERIFY: &str = "\
The exit code is 0 if all is as it was installed, else 1. Installing a package again repairs it.

Examples:
  streamlib pkg verify
  streamlib pkg verify com.example.effects --json";

pub(super) const PKG_UPDATE: &str = "\
What streamlib.lock says is left out of account, and a new one is written. It does not fetch newer
versions than are installed or than the manifest's own sources have.

Examples:
  streamlib pkg update
  streamlib pkg update ./project --json";

pub(super) const PKG_TRUST: &str = "\
An archive is signed with `minisign -S -m effects.slpkg`; the signature lies beside it, as
effects.slpkg.minisig.

Examples:
  streamlib pkg trust add ada RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3
  streamlib pkg trust list
  streamlib pkg trust remove ada";

pub(super) const PKG_WHY: &str = "\
Examples:
  streamlib pkg why com.example.base
  streamlib pkg why com.example.base --json";

pub(super) const CACHE: &str = "\
Packages are kept by content under the StreamLib home. What is installed has a name; what was
replaced or downloaded only to be looked at has none.

Examples:
  streamlib cache list
  streamlib cache prune --dry-run
  streamlib cache prune --unused-for 720h";
