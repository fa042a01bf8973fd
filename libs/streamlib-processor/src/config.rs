//! The configuration of a processor.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use streamlib_schema::ConfigField;

/// The configuration of a processor: what `#[derive(ProcessorConfig)]` implements.
pub trait ProcessorConfig: Serialize + DeserializeOwned + Default + Clone + Send + 'static {
    /// The fields with types, defaults, ranges and units.
    fn fields() -> Vec<ConfigField>;
}

/// The configuration of a processor that takes no settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoConfig {}

impl ProcessorConfig for NoConfig {
    fn fields() -> Vec<ConfigField> {
        Vec::new()
    }
}

/// How a Rust type stands in a configuration. The derive macro asks it for each field's type.
#[doc(hidden)]
pub mod field {
    use streamlib_schema::ConfigType;

    /// A type that may stand in a configuration.
    pub trait ConfigValue {
        /// Its type without a range of its own.
        fn config_type() -> ConfigType;
    }

    macro_rules! integers {
        ($($type:ty),*) => { $(
            impl ConfigValue for $type {
                fn config_type() -> ConfigType {
                    let min = i64::try_from(<$type>::MIN).unwrap_or(i64::MIN);
                    let max = i64::try_from(<$type>::MAX).unwrap_or(i64::MAX);
                    ConfigType::Integer { min, max }
                }
            }
        )* };
    }
    integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64);

    impl ConfigValue for bool {
        fn config_type() -> ConfigType {
            ConfigType::Boolean
        }
    }

    impl ConfigValue for f64 {
        fn config_type() -> ConfigType {
            ConfigType::Number { min: f64::MIN, max: f64::MAX }
        }
    }

    impl ConfigValue for f32 {
        fn config_type() -> ConfigType {
            ConfigType::Number { min: f32::MIN.into(), max: f32::MAX.into() }
        }
    }

    impl ConfigValue for String {
        fn config_type() -> ConfigType {
            ConfigType::Text
        }
    }

    impl ConfigValue for std::path::PathBuf {
        fn config_type() -> ConfigType {
            ConfigType::Text
        }
    }

    impl ConfigValue for serde_json::Value {
        fn config_type() -> ConfigType {
            ConfigType::Any
        }
    }

    impl<T: ConfigValue> ConfigValue for Vec<T> {
        fn config_type() -> ConfigType {
            ConfigType::List { of: Box::new(T::config_type()) }
        }
    }

    impl<T: ConfigValue> ConfigValue for Option<T> {
        fn config_type() -> ConfigType {
            T::config_type()
        }
    }
}
