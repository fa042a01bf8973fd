//! The keys of a graph file: the one table that checking and the JSON Schema come from.

use crate::graph_file::{
    Delivery, LINK_DEPTH_MAX, ParameterType, Priority, RestartPolicy, Strategy,
};
use crate::package::SOURCE;
use crate::shape::{Object, Shape, optional, required};
use crate::word::{GRAPH_NAME, IDENTIFIER, TYPE_NAME};

/// A graph file.
pub(crate) static GRAPH: Object = Object {
    what: "a graph file",
    keys: &[
        required(
            "name",
            Shape::Word(&GRAPH_NAME),
            "Name of the graph, by which a running graph is found.",
        ),
        optional("description", Shape::Text, "What the graph does, for people."),
        optional(
            "parameters",
            Shape::Map { keys: &IDENTIFIER, values: &Shape::Object(&PARAMETER) },
            "Values that `--set name=value` changes; `${name}` in a config stands for them.",
        ),
        optional(
            "packages",
            Shape::List(&Shape::Word(&SOURCE)),
            "Packages whose processors the graph uses: names of installed ones, folders, files \
             or URLs. Paths are taken from the folder of this file.",
        ),
        optional("settings", Shape::Object(&SETTINGS), "Settings of the whole graph."),
        required(
            "processors",
            Shape::Map { keys: &IDENTIFIER, values: &Shape::Object(&PROCESSOR) },
            "The processors by their ids.",
        ),
        optional(
            "links",
            Shape::List(&Shape::ShortOr { short: &Shape::ShortLink, long: &Shape::Object(&LINK) }),
            "The links; links into one input become its lanes in this order.",
        ),
    ],
};

/// A parameter.
pub(crate) static PARAMETER: Object = Object {
    what: "a parameter",
    keys: &[
        optional("default", Shape::Scalar, "Value when it is not set; without one it must be."),
        optional("description", Shape::Text, "What it means, for people."),
        optional(
            "type",
            Shape::Choice(ParameterType::WORDS),
            "Type of its values; the type of the default, else string, when absent.",
        ),
    ],
};

/// Settings of the whole graph.
pub(crate) static SETTINGS: Object = Object {
    what: "settings",
    keys: &[
        optional(
            "drain_timeout",
            Shape::Duration,
            "How long `stop` waits for frames under way before it cuts; 5 s when absent.",
        ),
        optional(
            "memory_budget",
            Shape::Size,
            "Most memory that frames and queues of the graph may take.",
        ),
    ],
};

/// A processor.
pub(crate) static PROCESSOR: Object = Object {
    what: "a processor",
    keys: &[
        required(
            "type",
            Shape::Word(&TYPE_NAME),
            "Type of the processor, such as `com.tatolab.grayscale`.",
        ),
        optional("config", Shape::Config, "Configuration, as the type documents it."),
        optional(
            "scheduling",
            Shape::ShortOr {
                short: &Shape::Choice(Strategy::WORDS),
                long: &Shape::Object(&SCHEDULING),
            },
            "Where the processor runs; by its declared needs when absent.",
        ),
        optional(
            "restart",
            Shape::ShortOr {
                short: &Shape::Choice(RestartPolicy::WORDS),
                long: &Shape::Object(&RESTART),
            },
            "When the processor is started again after a failure.",
        ),
        optional(
            "process_limit",
            Shape::Duration,
            "How long one call may take before the processor counts as stuck.",
        ),
        optional("annotations", Shape::Object(&ANNOTATIONS), "Notes of editors."),
    ],
};

/// The long form of `scheduling`.
pub(crate) static SCHEDULING: Object = Object {
    what: "scheduling",
    keys: &[
        required("strategy", Shape::Choice(Strategy::WORDS), "Where the processor runs."),
        optional(
            "priority",
            Shape::Choice(Priority::WORDS),
            "Priority of the thread; only with `dedicated`.",
        ),
        optional("name", Shape::Word(&IDENTIFIER), "Name of the thread; only with `dedicated`."),
    ],
};

/// The long form of `restart`.
pub(crate) static RESTART: Object = Object {
    what: "a restart policy",
    keys: &[
        required("policy", Shape::Choice(RestartPolicy::WORDS), "When to start again."),
        optional("backoff", Shape::Duration, "Wait before the first restart; it then doubles."),
        optional(
            "limit",
            Shape::Integer { min: 1, max: u32::MAX as u64 },
            "Most restarts before the failure is final.",
        ),
    ],
};

/// A link in its long form.
pub(crate) static LINK: Object = Object {
    what: "a link",
    keys: &[
        required("from", Shape::Endpoint, "The output, `processor.port`."),
        required("to", Shape::Endpoint, "The input, `processor.port`."),
        optional(
            "delivery",
            Shape::Choice(Delivery::WORDS),
            "How frames are delivered; as the input declares when absent.",
        ),
        optional(
            "depth",
            Shape::Integer { min: 1, max: LINK_DEPTH_MAX as u64 },
            "Most frames that wait in the link; not with `latest`.",
        ),
        optional("max_age", Shape::Duration, "Frames older than this are dropped and counted."),
        optional(
            "lane",
            Shape::Integer { min: 0, max: u16::MAX as u64 },
            "Lane of an input that takes several links; by order in the file when absent.",
        ),
        optional("convert", Shape::Bool, "Whether a format converter may be put in; true."),
        optional("feedback", Shape::Bool, "Whether the link closes a cycle; false."),
        optional("annotations", Shape::Object(&ANNOTATIONS), "Notes of editors."),
    ],
};

/// Notes of editors.
pub(crate) static ANNOTATIONS: Object = Object {
    what: "annotations",
    keys: &[
        optional("position", Shape::Point, "Place in a drawing, as [x, y]."),
        optional("note", Shape::Text, "A note, for people."),
    ],
};

/// The shape of a whole graph file.
pub(crate) static ROOT: Shape = Shape::Object(&GRAPH);
