//! How a Rust type stands in a configuration: what the derive macros ask of a field's type.

use serde::Serialize;
use serde_json::Value;
use streamlib_schema::ConfigType;

/// A type that may stand in a configuration.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a configuration",
    label = "not a type of a setting",
    note = "derive `ProcessorConfig` for a struct of settings and `ConfigChoice` for an \
            enumeration of words, or write `#[config(any)]` and check the value in the processor"
)]
pub trait ConfigValue {
    /// Its type without a range of its own.
    fn config_type() -> ConfigType;
}

/// A number, or an option or a list of numbers: what a range can be given for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no range: `min` and `max` are for numbers",
    label = "not a number"
)]
pub trait Ranged: ConfigValue {}

/// A text, or an option or a list of texts: what words can be given for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not chosen from words: `choices` is for texts",
    label = "not a text"
)]
pub trait Worded: ConfigValue {}

macro_rules! integers {
    ($($type:ty),*) => { $(
        impl ConfigValue for $type {
            fn config_type() -> ConfigType {
                let min = i64::try_from(<$type>::MIN).unwrap_or(i64::MIN);
                let max = i64::try_from(<$type>::MAX).unwrap_or(i64::MAX);
                ConfigType::Integer { min, max }
            }
        }

        impl Ranged for $type {}

        impl From<$type> for Bound {
            fn from(number: $type) -> Self {
                Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
            }
        }
    )* };
}
integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64);

macro_rules! numbers {
    ($($type:ty),*) => { $(
        impl ConfigValue for $type {
            fn config_type() -> ConfigType {
                ConfigType::Number { min: <$type>::MIN.into(), max: <$type>::MAX.into() }
            }
        }

        impl Ranged for $type {}

        impl From<$type> for Bound {
            fn from(number: $type) -> Self {
                Self::Number(number.into())
            }
        }
    )* };
}
numbers!(f32, f64);

macro_rules! values {
    ($($type:ty => $config_type:ident),*) => { $(
        impl ConfigValue for $type {
            fn config_type() -> ConfigType {
                ConfigType::$config_type
            }
        }
    )* };
}
values!(bool => Boolean, String => Text, std::path::PathBuf => Text, Value => Any);

impl Worded for String {}

impl<T: ConfigValue> ConfigValue for Vec<T> {
    fn config_type() -> ConfigType {
        ConfigType::List { of: Box::new(T::config_type()) }
    }
}

impl<T: Ranged> Ranged for Vec<T> {}
impl<T: Worded> Worded for Vec<T> {}

impl<T: ConfigValue> ConfigValue for Option<T> {
    fn config_type() -> ConfigType {
        T::config_type()
    }
}

impl<T: Ranged> Ranged for Option<T> {}
impl<T: Worded> Worded for Option<T> {}

/// A limit of a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// A whole number.
    Integer(i64),
    /// Any number.
    Number(f64),
}

impl Bound {
    fn number(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Number(number) => number,
        }
    }

    /// The nearest whole number in the direction of `round`.
    fn integer(self, round: fn(f64) -> f64) -> i64 {
        match self {
            Self::Integer(number) => number,
            Self::Number(number) => round(number) as i64,
        }
    }
}

/// The type of `T` with its numbers in this range, both ends included.
pub fn within<T: Ranged>(min: Option<Bound>, max: Option<Bound>) -> ConfigType {
    limited(T::config_type(), min, max)
}

fn limited(of: ConfigType, least: Option<Bound>, most: Option<Bound>) -> ConfigType {
    match of {
        ConfigType::Integer { min, max } => ConfigType::Integer {
            min: least.map_or(min, |bound| bound.integer(f64::ceil)),
            max: most.map_or(max, |bound| bound.integer(f64::floor)),
        },
        ConfigType::Number { min, max } => ConfigType::Number {
            min: least.map_or(min, Bound::number),
            max: most.map_or(max, Bound::number),
        },
        ConfigType::List { of } => ConfigType::List { of: Box::new(limited(*of, least, most)) },
        other => other,
    }
}

/// The type of `T` with its texts among these words.
pub fn one_of<T: Worded>(words: &[&str]) -> ConfigType {
    chosen(T::config_type(), words)
}

fn chosen(of: ConfigType, words: &[&str]) -> ConfigType {
    match of {
        ConfigType::List { of } => ConfigType::List { of: Box::new(chosen(*of, words)) },
        _ => ConfigType::Choice { values: words.iter().map(|&word| word.to_owned()).collect() },
    }
}

/// The values of the settings where none are given, as they stand in a file.
#[derive(Debug)]
pub struct Defaults(Value);

impl Defaults {
    /// Those of `config`.
    pub fn of<T: Serialize>(config: &T) -> Self {
        Self(serde_json::to_value(config).unwrap_or_default())
    }

    /// That of the setting `name`; `null` for one that is left open.
    pub fn get(&self, name: &str) -> Value {
        self.0.get(name).cloned().unwrap_or_default()
    }
}
