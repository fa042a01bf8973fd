//! Two processes and more: what crosses between them, and what is left when they die.
#![expect(unsafe_code, reason = "a test writes through one mapping and reads through another")]

mod child;
mod death;
mod events;
mod guard;
mod ports;
mod sentences;
mod support;
mod wake;
