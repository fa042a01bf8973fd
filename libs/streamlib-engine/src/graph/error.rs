//! Why a change of a graph is refused.

use streamlib_schema::{ConfigProblem, FormatSet, SchemaRef};

use crate::delegates::InvalidStrategy;
use crate::graph::LinkOptions;
use crate::ids::{LinkId, PortRef, ProcessorId};

/// Why a change of a graph is refused: what is wrong, where, and what to do. Nothing was changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// The factory cannot make such a processor.
    #[error(
        "processor `{id}`: there is no processor type `{processor_type}`{}",
        did_you_mean(near, "register it first")
    )]
    UnknownType {
        /// The processor.
        id: ProcessorId,
        /// Its type.
        processor_type: String,
        /// A type whose name is close.
        near: Option<String>,
    },
    /// A configuration has problems.
    #[error(
        "processor `{id}` ({processor_type}) cannot have this configuration:{}",
        lines(problems)
    )]
    BadConfig {
        /// The processor.
        id: ProcessorId,
        /// Its type.
        processor_type: String,
        /// All problems.
        problems: Vec<ConfigProblem>,
    },
    /// A restart policy that allows no restart.
    #[error("processor `{0}` has a restart policy with the limit 0; use 1 or more, or `never`")]
    RestartLimit(ProcessorId),
    /// What the declaration wants it to run on cannot be.
    #[error("processor `{id}` cannot run on `{strategy}`: {reason}")]
    Strategy {
        /// The processor.
        id: ProcessorId,
        /// What was asked for.
        strategy: String,
        /// Why not.
        reason: InvalidStrategy,
    },
    /// There is no processor of this name.
    #[error("there is no processor `{id}` in the graph{}", did_you_mean(near, "add it first"))]
    UnknownProcessor {
        /// The name.
        id: ProcessorId,
        /// A name that is close.
        near: Option<String>,
    },
    /// The name is in use.
    #[error("there is a processor `{0}` already; choose another name, or replace it")]
    IdTaken(ProcessorId),
    /// A replacement has another name than what it replaces.
    #[error("processor `{id}` cannot be replaced by one called `{other}`; both need the same name")]
    IdMismatch {
        /// The processor.
        id: ProcessorId,
        /// The name of the replacement.
        other: ProcessorId,
    },
    /// A processor has no such port.
    #[error(
        "processor `{}` has no {side} `{}`; {}",
        port.processor,
        port.port,
        ports_hint(near.as_deref(), *is_other_side, *side, ports)
    )]
    UnknownPort {
        /// What was asked for.
        port: PortRef,
        /// Which side of the processor was asked for.
        side: Side,
        /// A port whose name is close.
        near: Option<String>,
        /// True if the name is that of a port of the other side.
        is_other_side: bool,
        /// The ports of this side.
        ports: Vec<String>,
    },
    /// There is no link with this number.
    #[error("there is no {0} in the graph; it was removed or never made")]
    UnknownLink(LinkId),
    /// A link that is put back has a number that is in use.
    #[error("{0} is in the graph already and cannot be put back")]
    LinkTaken(LinkId),
    /// An input that takes one link has one.
    #[error("input `{target}` takes one link and is linked to `{by}`; remove that link first")]
    InputTaken {
        /// The input.
        target: PortRef,
        /// The output that it is linked to.
        by: PortRef,
    },
    /// The two ports are linked.
    #[error("`{from}` is linked to `{target}` already ({link})")]
    DuplicateLink {
        /// The output.
        from: PortRef,
        /// The input.
        target: PortRef,
        /// The link.
        link: LinkId,
    },
    /// A lane has a link.
    #[error(
        "lane {lane} of `{target}` is taken by `{by}`; leave the lane out for the next free one"
    )]
    LaneTaken {
        /// The input.
        target: PortRef,
        /// The lane.
        lane: u32,
        /// The output that it is linked to.
        by: PortRef,
    },
    /// The input has no such lane.
    #[error("`{target}` has no lane {lane}: it takes {}", lanes(*many))]
    NoSuchLane {
        /// The input.
        target: PortRef,
        /// The lane.
        lane: u32,
        /// True if it takes many links.
        many: bool,
    },
    /// A depth that no link has.
    #[error(
        "the link `{from} -> {target}` cannot have the depth {depth}: use 1 to {max}, \
         and none for `latest`, which keeps one frame", max = LinkOptions::DEPTH_MAX
    )]
    Depth {
        /// The output.
        from: PortRef,
        /// The input.
        target: PortRef,
        /// The depth.
        depth: u32,
    },
    /// A feedback link with another delivery than `latest`.
    #[error(
        "the feedback link `{from} -> {target}` is always `latest`; \
         leave its delivery out"
    )]
    FeedbackDelivery {
        /// The output.
        from: PortRef,
        /// The input.
        target: PortRef,
    },
    /// The ends carry different things.
    #[error("`{}` cannot be linked to `{}`: {}", .0.from, .0.target, schemas(.0))]
    SchemaMismatch(Box<SchemaMismatch>),
    /// The ends share no format.
    #[error("{0}")]
    NoCommonFormat(Box<NoCommonFormat>),
    /// A cycle without a feedback link.
    #[error(
        "the link `{from} -> {target}` closes a cycle: {}; \
         declare one of its links `feedback`, or remove one",
        arrows(cycle)
    )]
    Cycle {
        /// The output.
        from: PortRef,
        /// The input.
        target: PortRef,
        /// The processors on the cycle, the first one again at the end.
        cycle: Vec<ProcessorId>,
    },
    /// What only one can hold is held.
    #[error(
        "processor `{id}` cannot have {field} {value}: processor `{holder}` holds it, and only one \
         can; give one of the two another"
    )]
    Held {
        /// The processor.
        id: ProcessorId,
        /// The configuration field.
        field: String,
        /// Its value.
        value: String,
        /// Who holds it.
        holder: ProcessorId,
    },
    /// A replacement lacks a port that is linked.
    #[error(
        "processor `{id}` cannot become a `{processor_type}`, which has no {side} `{port}`; \
         remove {link} first, in the same transaction"
    )]
    PortGone {
        /// The processor.
        id: ProcessorId,
        /// The new type.
        processor_type: String,
        /// Input or output.
        side: Side,
        /// The port.
        port: String,
        /// The link that needs it.
        link: LinkId,
    },
    /// No ports of two processors fit.
    #[error(
        "no output of `{from}` fits a free input of `{to}`: `{from}` makes {outputs}, \
         and `{to}` takes {inputs}"
    )]
    NoPortPair {
        /// The producer.
        from: ProcessorId,
        /// The consumer.
        to: ProcessorId,
        /// The outputs.
        outputs: String,
        /// The inputs.
        inputs: String,
    },
    /// Several ports of two processors fit.
    #[error(
        "more than one output of `{from}` fits an input of `{to}`; name the ports, one of: {}",
        pairs.join(", ")
    )]
    ManyPortPairs {
        /// The producer.
        from: ProcessorId,
        /// The consumer.
        to: ProcessorId,
        /// The pairs that fit.
        pairs: Vec<String>,
    },
    /// More links than numbers.
    #[error("the graph has no number left for another link")]
    OutOfNumbers,
}

/// The ends of a link carry different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaMismatch {
    /// The output.
    pub from: PortRef,
    /// The input.
    pub target: PortRef,
    /// What the output makes.
    pub makes: SchemaRef,
    /// What the input takes.
    pub takes: SchemaRef,
}

/// The ends of a link share no format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoCommonFormat {
    /// The output.
    pub from: PortRef,
    /// The input.
    pub target: PortRef,
    /// What the output makes.
    pub makes: FormatSet,
    /// What the input takes.
    pub takes: FormatSet,
    /// Whether a converter was allowed.
    pub convert: bool,
}

impl std::fmt::Display for NoCommonFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { from, target, makes, takes, .. } = self;
        write!(f, "`{from}` makes {makes}, and `{target}` takes {takes}; ")?;
        f.write_str(match self.convert {
            true => "no converter between them is registered: insert a processor that converts",
            false => "the link says `convert: false`: allow a converter, or insert one yourself",
        })
    }
}

/// A side of a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where frames come in.
    Input,
    /// Where frames go out.
    Output,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Output => "output",
        })
    }
}

fn did_you_mean(near: &Option<String>, otherwise: &str) -> String {
    match near {
        Some(near) => format!("; did you mean `{near}`?"),
        None => format!("; {otherwise}"),
    }
}

fn lines(problems: &[ConfigProblem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

fn ports_hint(near: Option<&str>, is_other_side: bool, side: Side, ports: &[String]) -> String {
    let other = match side {
        Side::Input => "output",
        Side::Output => "input",
    };
    match (near, ports) {
        _ if is_other_side => format!("that is an {other}: its {side}s are {}", list(ports)),
        (Some(near), _) => format!("did you mean `{near}`? Its {side}s are {}", list(ports)),
        (None, []) => format!("it has no {side}s"),
        (None, ports) => format!("its {side}s are {}", list(ports)),
    }
}

fn list(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

fn lanes(many: bool) -> String {
    match many {
        true => format!("lanes 0 to {}", LinkOptions::LANES_MAX - 1),
        false => "one link, lane 0".to_owned(),
    }
}

fn schemas(mismatch: &SchemaMismatch) -> String {
    let SchemaMismatch { makes, takes, .. } = mismatch;
    let hint = match makes.name == takes.name {
        true => "the versions differ in the first number, so neither reads the other",
        false => "insert a processor that makes the one from the other",
    };
    format!("it makes {makes}, and the input takes {takes}; {hint}")
}

fn arrows(cycle: &[ProcessorId]) -> String {
    let shown = match cycle.len() {
        0..=12 => cycle.iter().map(ToString::to_string).collect::<Vec<_>>(),
        more => {
            let head = cycle[..6].iter().map(ToString::to_string);
            let tail = cycle[more - 5..].iter().map(ToString::to_string);
            head.chain([format!("({} more)", more - 11)]).chain(tail).collect()
        }
    };
    shown.join(" -> ")
}
