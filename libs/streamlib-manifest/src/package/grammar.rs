//! The keys of a manifest: the one table that checking and the JSON Schema come from.

use super::formats::{codecs, framings, pixel_formats, sample_formats};
use super::words::{
    ARCHIVE, ENTRYPOINT, PACKAGE_NAME, PATH, PATTERN, PLACE, RANGE, SCHEMA, SHA256, URL, VARIABLE,
    VERSION,
};
use crate::graph_file::{Delivery, LINK_DEPTH_MAX};
use crate::shape::{Object, Shape, optional, required};
use crate::word::{IDENTIFIER, TYPE_NAME};

/// Words that `runtime` takes; the last two mean the same.
pub(super) const RUNTIMES: &[&str] = &["rust", "python", "typescript", "deno"];
/// Words that `execution` takes.
pub(super) const EXECUTIONS: &[&str] = &["reactive", "continuous", "manual"];

/// A whole manifest.
pub(crate) static MANIFEST: Object = Object {
    what: "a package manifest",
    keys: &[
        required("package", Shape::Object(&PACKAGE), "What the package is."),
        optional(
            "processors",
            Shape::List(&Shape::Object(&PROCESSOR)),
            "The processors that the package brings.",
        ),
        optional(
            "dependencies",
            Shape::Map {
                keys: &PACKAGE_NAME,
                values: &Shape::ShortOr {
                    short: &Shape::Word(&RANGE),
                    long: &Shape::Object(&DEPENDENCY),
                },
            },
            "The packages it needs by name: a range of versions, or where the package is.",
        ),
        optional(
            "schemas",
            Shape::Map {
                keys: &SCHEMA,
                values: &Shape::ShortOr { short: &Shape::Word(&PATH), long: &Shape::Config },
            },
            "Schemas by name and version: a file of the package, or the schema itself. Files in \
             the folder `schemas` that say their names need not stand here.",
        ),
        optional("graph", Shape::Word(&PATH), "The graph it carries; `graph.yaml` when absent."),
        optional(
            "env",
            Shape::Map { keys: &VARIABLE, values: &Shape::Text },
            "Environment variables of its Python and TypeScript processes.",
        ),
        optional(
            "permissions",
            Shape::Object(&PERMISSIONS),
            "What its processors need of the machine; shown before it is installed.",
        ),
    ],
};

static PACKAGE: Object = Object {
    what: "a package",
    keys: &[
        required("name", Shape::Word(&PACKAGE_NAME), "Name of the package."),
        required("version", Shape::Word(&VERSION), "Its version, `major.minor.patch`."),
        optional(
            "namespace",
            Shape::Word(&PACKAGE_NAME),
            "Put before names without a dot: of the package, its processors and its schemas.",
        ),
        optional("description", Shape::Text, "What it is for, for people."),
        optional("authors", Shape::List(&Shape::Text), "Who made it."),
        optional("licence", Shape::Text, "Its licence, an SPDX expression such as `MIT`."),
        optional("license", Shape::Text, "The same as `licence`."),
        optional(
            "streamlib_version",
            Shape::Word(&RANGE),
            "Versions of StreamLib it works with; all when absent.",
        ),
        optional(
            "include",
            Shape::List(&Shape::Word(&PATTERN)),
            "Files that `streamlib pack` takes, such as `src/**`; all when absent.",
        ),
        optional(
            "exclude",
            Shape::List(&Shape::Word(&PATTERN)),
            "Files that `streamlib pack` leaves out.",
        ),
    ],
};

static PROCESSOR: Object = Object {
    what: "a processor",
    keys: &[
        required("name", Shape::Word(&TYPE_NAME), "Name, by which graphs use it."),
        required("runtime", Shape::Choice(RUNTIMES), "What it is written for."),
        optional("version", Shape::Word(&VERSION), "Its version; the package's when absent."),
        optional("description", Shape::Text, "What it does, for people."),
        optional(
            "execution",
            Shape::ShortOr { short: &Shape::Choice(EXECUTIONS), long: &Shape::Object(&EXECUTION) },
            "How it works: called with frames, on its own schedule, or when told.",
        ),
        optional(
            "entrypoint",
            Shape::Word(&ENTRYPOINT),
            "Where its code is: `module.name:Class`, or `src/file.ts:name`. Not for `rust`.",
        ),
        optional(
            "config_schema",
            Shape::ShortOr { short: &Shape::Word(&SCHEMA), long: &Shape::Config },
            "What its configuration is: a schema by name and version, or the schema itself.",
        ),
        optional("inputs", Shape::List(&Shape::Object(&INPUT)), "Its inputs."),
        optional("outputs", Shape::List(&Shape::Object(&OUTPUT)), "Its outputs."),
        optional(
            "trigger",
            Shape::ShortOr { short: &Shape::Choice(&["any"]), long: &Shape::Object(&TRIGGER) },
            "Which frames make one call; `any` when absent.",
        ),
        optional("needs", Shape::Object(&NEEDS), "What it needs from whoever runs it."),
        optional("latency", Shape::Object(&LATENCY), "Time it adds."),
        optional(
            "exclusive",
            Shape::Word(&IDENTIFIER),
            "The setting whose value only one processor may hold: a device, an output file.",
        ),
    ],
};

static EXECUTION: Object = Object {
    what: "an execution",
    keys: &[
        required("mode", Shape::Choice(EXECUTIONS), "How it works."),
        optional(
            "interval",
            Shape::Duration,
            "Time from one call to the next, whole milliseconds; only with `continuous`.",
        ),
    ],
};

static TRIGGER: Object = Object {
    what: "a trigger",
    keys: &[
        optional("primary", Shape::Word(&IDENTIFIER), "A frame on this input makes the call."),
        optional("aligned", Shape::Duration, "One frame of every lane, at most this far apart."),
    ],
};

static NEEDS: Object = Object {
    what: "needs",
    keys: &[
        optional("real_time", Shape::Bool, "Late output is heard or seen."),
        optional("blocking", Shape::Bool, "It may wait for the outside: a thread of its own."),
        optional("main_thread", Shape::Bool, "It runs on the thread that waits for the graph."),
        optional("cheap", Shape::Bool, "A call takes well under a microsecond."),
        optional("live", Shape::Bool, "A source that cannot be held up."),
        optional("call_limit", Shape::Duration, "A call that takes longer is stuck; 2 s."),
    ],
};

static LATENCY: Object = Object {
    what: "a latency",
    keys: &[
        optional("min", Shape::Duration, "Least."),
        optional("max", Shape::Duration, "Most; `min` when absent."),
    ],
};

static INPUT: Object = Object {
    what: "an input",
    keys: &[
        required("name", Shape::Word(&IDENTIFIER), "Its name."),
        required("schema", Shape::Word(&SCHEMA), "What comes in, by name and version."),
        optional("description", Shape::Text, "What comes in, for people."),
        optional("formats", Shape::List(&Shape::Object(&FORMAT)), "Formats it takes, best first."),
        optional("delivery", Shape::Choice(Delivery::WORDS), "How frames come; `lossless`."),
        optional(
            "depth",
            Shape::Integer { min: 1, max: LINK_DEPTH_MAX as u64 },
            "Most frames that wait; not with `latest`.",
        ),
        optional("max_age", Shape::Duration, "Older frames are dropped and counted."),
        optional("many", Shape::Bool, "Whether it takes several links, each a lane."),
        optional("optional", Shape::Bool, "Whether it works without a link."),
        optional("holds", Shape::Integer { min: 0, max: 1024 }, "Frames it may hold; 0."),
    ],
};

static OUTPUT: Object = Object {
    what: "an output",
    keys: &[
        required("name", Shape::Word(&IDENTIFIER), "Its name."),
        required("schema", Shape::Word(&SCHEMA), "What goes out, by name and version."),
        optional("description", Shape::Text, "What goes out, for people."),
        optional("formats", Shape::List(&Shape::Object(&FORMAT)), "Formats it makes, best first."),
        optional("same_as", Shape::Word(&IDENTIFIER), "The input whose format it has."),
        optional(
            "max_per_call",
            Shape::Integer { min: 1, max: 1024 },
            "Frames that one call may send; 1.",
        ),
    ],
};

/// The keys of each kind are checked by [`super::formats`].
static FORMAT: Object = Object {
    what: "a format",
    keys: &[
        required("kind", Shape::Choice(&["video", "audio", "packet"]), "What the frames are."),
        optional("pixel_formats", Shape::List(&Shape::Known(pixel_formats)), "Video, best first."),
        optional("size", Shape::Point, "Video: width and height, if only one size will do."),
        optional("sample_formats", Shape::List(&Shape::Known(sample_formats)), "Audio."),
        optional(
            "sample_rates",
            Shape::List(&Shape::Integer { min: 1, max: 1_000_000 }),
            "Audio, in Hz, best first.",
        ),
        optional(
            "channels",
            Shape::List(&Shape::Integer { min: 1, max: 8 }),
            "Audio: numbers of channels, best first.",
        ),
        optional("codecs", Shape::List(&Shape::Known(codecs)), "Packets, best first."),
        optional("framings", Shape::List(&Shape::Known(framings)), "Packets, best first."),
    ],
};

static DEPENDENCY: Object = Object {
    what: "a dependency",
    keys: &[
        optional("version", Shape::Word(&RANGE), "Which versions will do; all when absent."),
        optional("path", Shape::Word(&PLACE), "A folder with a manifest, from this folder."),
        optional("file", Shape::Word(&ARCHIVE), "An archive, from this folder."),
        optional("url", Shape::Word(&URL), "An archive on a server."),
        optional("sha256", Shape::Word(&SHA256), "What the archive at `url` has to be."),
    ],
};

static PERMISSIONS: Object = Object {
    what: "permissions",
    keys: &[
        optional("network", Shape::List(&Shape::Text), "Hosts that are spoken to; `*` for any."),
        optional("read", Shape::List(&Shape::Text), "Files and folders that are read."),
        optional("write", Shape::List(&Shape::Text), "Files and folders that are written."),
        optional("run", Shape::List(&Shape::Text), "Programs that are started."),
        optional("devices", Shape::List(&Shape::Text), "Devices, such as `camera`."),
    ],
};
