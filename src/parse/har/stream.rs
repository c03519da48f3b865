//! Streams `log.entries` without holding the rest of the file.

use std::fmt;
use std::io::{BufReader, Read};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Passes the values of the list `log.entries` to the callback. Returns whether there is such a
/// list.
pub(super) fn entries(
    reader: impl Read,
    found: &mut bool,
    each: &mut dyn FnMut(Value),
) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(reader));
    let way = Way {
        keys: &["log", "entries"],
        found,
        each,
    };
    way.deserialize(&mut json)
}

/// A visitor that follows keys down to a list.
struct Way<'a> {
    keys: &'static [&'static str],
    found: &'a mut bool,
    each: &'a mut dyn FnMut(Value),
}

impl<'de> DeserializeSeed<'de> for Way<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.keys {
            [] => deserializer.deserialize_seq(self),
            _ => deserializer.deserialize_map(self),
        }
    }
}

impl<'de> Visitor<'de> for Way<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.keys {
            [] => f.write_str("a list of entries"),
            [key, ..] => write!(f, "an object with {key}"),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match self.keys {
                [wanted, rest @ ..] if key == *wanted => map.next_value_seed(Way {
                    keys: rest,
                    found: &mut *self.found,
                    each: &mut *self.each,
                })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        *self.found = true;
        while let Some(value) = list.next_element::<Value>()? {
            (self.each)(value);
        }
        Ok(())
    }
}
