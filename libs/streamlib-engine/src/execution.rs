//! Execution: who calls which processor when.
//!
//! | module | concept |
//! |---|---|
//! | `cell` | a processor as it runs |
//! | `strand`, `run_word`, `work_list` | what is scheduled, and who owns it |
//! | `step`, `hop` | one look at one processor, one call; the common case of it |
//! | `relay`, `armed` | frames that go from one processor to the next by hand |
//! | `held` | processors in the hands of a controller |
//! | `pin`, `handover` | taking a strand from a thread that is inside a call |
//! | `home`, `pool`, `dedicated`, `main_queue`, `thread` | threads |
//! | `doorbell` | waking a thread that sleeps |
//! | `clock`, `timer` | time |
//! | `pace` | which calls are worth another worker |
//! | `watch`, `stats` | what the watchdog and people see |
//! | `env` | what all processors of a graph share |
//! | `sys` | the operating system |

pub(crate) mod armed;
pub(crate) mod cell;
pub(crate) mod clock;
pub(crate) mod dedicated;
pub(crate) mod doorbell;
pub(crate) mod env;
pub(crate) mod handover;
pub(crate) mod held;
pub(crate) mod home;
mod hop;
pub(crate) mod main_queue;
pub(crate) mod pace;
pub(crate) mod pin;
pub(crate) mod pool;
pub(crate) mod relay;
pub(crate) mod run_word;
pub(crate) mod stats;
pub(crate) mod step;
pub(crate) mod strand;
pub(crate) mod sys;
pub(crate) mod thread;
pub(crate) mod timer;
pub(crate) mod watch;
pub(crate) mod work_list;

pub(crate) use cell::ProcessorCell;
pub use clock::{Clock, ClockListener, SystemClock, VirtualClock};
pub use env::ProcessorEnd;
pub use stats::LatencyStats;
pub(crate) use strand::Strand;
pub(crate) use work_list::WorkList;
