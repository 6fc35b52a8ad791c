//! A tree of texts: what labels and YAML have in common.

use std::collections::BTreeMap;

use serde_json::Value;

/// A tree of texts. Names of a map are found without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Nothing,
    Text(String),
    /// By name in lower case; with the name as it was first written.
    Map(BTreeMap<String, (String, Node)>),
    List(Vec<Node>),
}

impl Node {
    pub(crate) fn empty() -> Node {
        Node::Map(BTreeMap::new())
    }

    /// From YAML, by way of JSON's model.
    pub(crate) fn from_value(value: Value) -> Node {
        match value {
            Value::Null => Node::Nothing,
            Value::Bool(value) => Node::Text(value.to_string()),
            Value::Number(value) => Node::Text(value.to_string()),
            Value::String(value) => Node::Text(value),
            Value::Array(items) => Node::List(items.into_iter().map(Node::from_value).collect()),
            Value::Object(map) => Node::Map(
                map.into_iter()
                    .map(|(name, value)| (name.to_lowercase(), (name, Node::from_value(value))))
                    .collect(),
            ),
        }
    }

    /// Takes a part out of a map.
    pub(crate) fn take(&mut self, name: &str) -> Option<Node> {
        match self {
            Node::Map(map) => map.remove(name).map(|(_, node)| node),
            _ => None,
        }
    }
}
