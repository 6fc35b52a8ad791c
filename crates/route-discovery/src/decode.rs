//! From a tree of texts to the structs of the dynamic configuration, by serde.
//!
//! As in Traefik: names of fields without regard to case, numbers and switches as text, lists
//! also with commas, `true` for a section without settings.

use std::fmt;

use serde::{
    Deserialize,
    de::{self, IntoDeserializer as _, value::StringDeserializer},
};

use crate::node::Node;

/// What is wrong, without its place.
#[derive(Debug)]
pub(crate) struct DecodeError(pub(crate) String);

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        DecodeError(message.to_string())
    }
}

/// Decodes a tree; the error names its place, such as `routers.loki.rule`.
pub(crate) fn decode<'de, T: Deserialize<'de>>(node: Node) -> Result<T, (String, String)> {
    serde_path_to_error::deserialize(node)
        .map_err(|error| (error.path().to_string(), error.into_inner().to_string()))
}

/// Go's `ParseBool`.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

impl Node {
    fn text(self) -> Result<String, DecodeError> {
        match self {
            Node::Text(text) => Ok(text),
            Node::Nothing => Ok(String::new()),
            Node::Map(_) => Err(DecodeError("a value is expected here, not more names".to_owned())),
            Node::List(_) => Err(DecodeError("a value is expected here, not a list".to_owned())),
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $kind:ty),* $(,)?) => {
        $(fn $method<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            let text = self.text()?;
            match text.trim().parse::<$kind>() {
                Ok(number) => visitor.$visit(number),
                Err(_) => Err(DecodeError(format!("{text:?} is no such number"))),
            }
        })*
    };
}

impl<'de> de::Deserializer<'de> for Node {
    type Error = DecodeError;

    numbers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_f32 visit_f32 f32,
        deserialize_f64 visit_f64 f64,
    }

    fn deserialize_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Node::Nothing => visitor.visit_unit(),
            Node::Text(text) => visitor.visit_string(text),
            Node::Map(_) => self.deserialize_map(visitor),
            Node::List(_) => self.deserialize_seq(visitor),
        }
    }

    fn deserialize_bool<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let text = self.text()?;
        match parse_bool(&text) {
            Some(value) => visitor.visit_bool(value),
            None => Err(DecodeError(format!("{text:?} is neither true nor false"))),
        }
    }

    fn deserialize_str<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_string<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_option<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self {
            Node::Nothing => visitor.visit_none(),
            // `tls=false`: the section is off.
            Node::Text(text) if text == "false" => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_struct<V: de::Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self {
            Node::Text(text) if text == "true" => visitor.visit_map(Fields::new(Default::default(), fields)),
            Node::Nothing => visitor.visit_map(Fields::new(Default::default(), fields)),
            Node::Map(map) => visitor.visit_map(Fields::new(map, fields)),
            Node::Text(text) => Err(DecodeError(format!("more names are expected here, not {text:?}"))),
            Node::List(_) => Err(DecodeError("more names are expected here, not a list".to_owned())),
        }
    }

    fn deserialize_map<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Node::Nothing => visitor.visit_map(Fields::new(Default::default(), &[])),
            Node::Map(map) => visitor.visit_map(Fields::new(map, &[])),
            _ => Err(DecodeError("more names are expected here".to_owned())),
        }
    }

    fn deserialize_seq<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let items = match self {
            Node::List(items) => items,
            Node::Nothing => Vec::new(),
            Node::Text(text) => text.split(',').map(|part| Node::Text(part.trim().to_owned())).collect(),
            Node::Map(_) => return Err(DecodeError("a list is expected here".to_owned())),
        };
        visitor.visit_seq(Items(items.into_iter()))
    }

    fn deserialize_newtype_struct<V: de::Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
    }
}

type Entries = std::collections::BTreeMap<String, (String, Node)>;

struct Fields {
    rest: std::collections::btree_map::IntoIter<String, (String, Node)>,
    names: &'static [&'static str],
    value: Option<Node>,
}

impl Fields {
    fn new(map: Entries, names: &'static [&'static str]) -> Self {
        Fields { rest: map.into_iter(), names, value: None }
    }
}

impl<'de> de::MapAccess<'de> for Fields {
    type Error = DecodeError;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        let Some((_, (written, node))) = self.rest.next() else { return Ok(None) };
        self.value = Some(node);
        let name = self.names.iter().find(|name| name.eq_ignore_ascii_case(&written));
        let name = name.map_or(written, |name| (*name).to_owned());
        let name: StringDeserializer<DecodeError> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<S: de::DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        seed.deserialize(self.value.take().unwrap_or(Node::Nothing))
    }
}

struct Items(std::vec::IntoIter<Node>);

impl<'de> de::SeqAccess<'de> for Items {
    type Error = DecodeError;

    fn next_element_seed<S: de::DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        self.0.next().map(|node| seed.deserialize(node)).transpose()
    }
}
