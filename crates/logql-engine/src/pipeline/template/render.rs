//! A template run over a row.

use std::collections::HashMap;

use super::{
    functions, lexer,
    parser::{self, Command, Node, Operand, Pipe},
    value::Value,
};
use crate::{label_set::LabelSet, names::Names};

/// Most bytes one rendering gives: `repeat` and `indent` can ask for anything.
const OUTPUT_BYTES_MAX: usize = 1 << 20;

/// A parsed template.
#[derive(Debug)]
pub(crate) struct Template {
    nodes: Vec<Node>,
    fields: Vec<String>,
}

impl Template {
    /// Parses; errors are Go's, as Loki shows them.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let nodes = parser::nodes(lexer::pieces(text)?)?;
        let mut fields = Vec::new();
        collect(&nodes, &mut fields);
        Ok(Template { nodes, fields })
    }

    /// Labels the template reads.
    pub(crate) fn fields(&self) -> &[String] {
        &self.fields
    }

    /// Renders; the error becomes `__error_details__`.
    pub(crate) fn render(
        &self,
        line: &str,
        timestamp_ns: i64,
        labels: &LabelSet,
        names: &Names,
    ) -> Result<String, String> {
        let mut scope = Scope { line, timestamp_ns, labels, names, dot: None, variables: HashMap::new() };
        let mut out = String::new();
        scope.nodes(&self.nodes, &mut out)?;
        Ok(out)
    }
}

/// What names mean while rendering.
pub(super) struct Scope<'a> {
    pub(super) line: &'a str,
    pub(super) timestamp_ns: i64,
    labels: &'a LabelSet,
    names: &'a Names,
    /// Set inside `with` and `range`; otherwise the labels.
    dot: Option<Value>,
    variables: HashMap<String, Value>,
}

impl Scope<'_> {
    fn nodes(&mut self, nodes: &[Node], out: &mut String) -> Result<(), String> {
        for node in nodes {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Print(pipe) => {
                    let value = self.pipe(pipe)?;
                    if pipe.assign.is_none() {
                        out.push_str(&value.text());
                    }
                }
                Node::If { pipe, then, otherwise } => {
                    let holds = self.pipe(pipe)?.is_true();
                    self.nodes(if holds { then } else { otherwise }, out)?;
                }
                Node::With { pipe, then, otherwise } => {
                    let value = self.pipe(pipe)?;
                    if value.is_true() {
                        self.under(value, then, out)?;
                    } else {
                        self.nodes(otherwise, out)?;
                    }
                }
                Node::Range { pipe, then, otherwise } => {
                    let items = match self.pipe(pipe)? {
                        Value::List(items) => items,
                        Value::Map(members) => members.into_values().collect(),
                        Value::Int(count) => (0..count.clamp(0, 10_000)).map(Value::Int).collect(),
                        _ => Vec::new(),
                    };
                    if items.is_empty() {
                        self.nodes(otherwise, out)?;
                    }
                    for item in items {
                        self.under(item, then, out)?;
                    }
                }
            }
            if out.len() > OUTPUT_BYTES_MAX {
                return Err(format!("template: the result is longer than {OUTPUT_BYTES_MAX} bytes"));
            }
        }
        Ok(())
    }

    fn under(&mut self, dot: Value, nodes: &[Node], out: &mut String) -> Result<(), String> {
        let before = self.dot.replace(dot);
        let outcome = self.nodes(nodes, out);
        self.dot = before;
        outcome
    }

    fn pipe(&mut self, pipe: &Pipe) -> Result<Value, String> {
        let mut last = None;
        for command in &pipe.commands {
            last = Some(self.command(command, last)?);
        }
        let value = last.unwrap_or(Value::Nothing);
        if let Some(name) = &pipe.assign {
            self.variables.insert(name.clone(), value.clone());
        }
        Ok(value)
    }

    fn command(&mut self, command: &Command, last: Option<Value>) -> Result<Value, String> {
        let mut arguments = Vec::with_capacity(command.operands.len() + 1);
        for operand in &command.operands {
            arguments.push(self.operand(operand)?);
        }
        match command.function {
            Some(function) => {
                arguments.extend(last);
                functions::call(function, arguments, self)
            }
            None if last.is_some() || arguments.len() > 1 => {
                Err("template: line:1: can't give argument to non-function".to_owned())
            }
            None => Ok(arguments.pop().unwrap_or(Value::Nothing)),
        }
    }

    fn operand(&mut self, operand: &Operand) -> Result<Value, String> {
        Ok(match operand {
            Operand::Constant(value) => value.clone(),
            Operand::Pipe(pipe) => self.pipe(pipe)?,
            Operand::Call(function) => functions::call(function, Vec::new(), self)?,
            Operand::Variable(name) if name.is_empty() => self.all(),
            Operand::Variable(name) => self.variables.get(name).cloned().unwrap_or(Value::Nothing),
            Operand::Field(path) => match (path.first(), &self.dot) {
                (None, Some(dot)) => dot.clone(),
                (None, None) => self.all(),
                (Some(name), Some(Value::Map(members))) => {
                    members.get(name).cloned().unwrap_or(Value::Nothing)
                }
                (Some(name), _) => self
                    .names
                    .known(name)
                    .and_then(|id| self.labels.get(id))
                    .map_or(Value::Nothing, |value| Value::Text(value.to_owned())),
            },
        })
    }

    /// All labels, for `{{.}}`.
    fn all(&self) -> Value {
        let mut members = std::collections::BTreeMap::new();
        self.labels.each(|id, value| {
            members.insert(self.names.text(id).to_string(), Value::Text(value.to_owned()));
        });
        Value::Map(members)
    }
}

fn collect(nodes: &[Node], fields: &mut Vec<String>) {
    for node in nodes {
        match node {
            Node::Text(_) => {}
            Node::Print(pipe) => collect_pipe(pipe, fields),
            Node::If { pipe, then, otherwise }
            | Node::With { pipe, then, otherwise }
            | Node::Range { pipe, then, otherwise } => {
                collect_pipe(pipe, fields);
                collect(then, fields);
                collect(otherwise, fields);
            }
        }
    }
}

fn collect_pipe(pipe: &Pipe, fields: &mut Vec<String>) {
    for operand in pipe.commands.iter().flat_map(|command| &command.operands) {
        match operand {
            Operand::Field(path) => fields.extend(path.first().cloned()),
            Operand::Pipe(pipe) => collect_pipe(pipe, fields),
            Operand::Variable(_) | Operand::Constant(_) | Operand::Call(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label_set::Category;

    fn check(template: &str, expected: &str) {
        let mut names = Names::new();
        let mut labels = LabelSet::new(&mut names);
        for (name, value) in [("a", "x y"), ("n", "7"), ("b", "")] {
            let id = names.id(name);
            labels.set(Category::Parsed, id, value);
        }
        let rendered = Template::parse(template)
            .and_then(|template| template.render("the line", 1_705_312_800_000_000_000, &labels, &names))
            .unwrap_or_else(|error| format!("error: {error}"));
        assert_eq!(rendered, expected, "{template}");
    }

    #[test]
    fn blocks_pipes_and_variables() {
        check("{{.a}}-{{ .n | printf \"%03s\" }}", "x y-007");
        check("{{if .b}}1{{else if .a}}2{{else}}3{{end}}", "2");
        check("{{with .missing}}x{{else}}none{{end}}", "none");
        check("{{$x := add 1 2}}{{$x}}", "3");
        check("a {{- .n -}} b", "a7b");
        check("{{range fromJson \"[1,2]\"}}<{{.}}>{{end}}", "<1><2>");
        check("{{__line__}} {{ __timestamp__ | date \"2006-01-02\" }}", "the line 2024-01-15");
        check("{{ (eq .n \"7\") }}", "true");
    }

    #[test]
    fn mistakes() {
        check("{{.a", "error: template: line:1: unclosed action");
        check("{{nosuch .x}}", "error: template: line:1: function \"nosuch\" not defined");
        check("{{if .a}}", "error: template: line:1: unexpected EOF");
    }
}
