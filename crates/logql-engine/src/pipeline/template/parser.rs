//! Pieces to a tree of nodes.

use super::{
    functions,
    lexer::{Mistake, Piece, Placed, Token},
    value::Value,
};

/// Deepest nesting of blocks and parentheses.
const DEPTH_MAX: usize = 64;

/// A node of the tree.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Text(String),
    Print(Pipe),
    If { pipe: Pipe, then: Vec<Node>, otherwise: Vec<Node> },
    With { pipe: Pipe, then: Vec<Node>, otherwise: Vec<Node> },
    Range { pipe: Pipe, then: Vec<Node>, otherwise: Vec<Node> },
    Break,
    Continue,
}

/// `$x := a | b | c`: each command gets the value of the one before as its last argument.
#[derive(Debug, Clone, Default)]
pub(super) struct Pipe {
    /// Variables that are set; two only in `range`.
    pub(super) variables: Vec<String>,
    /// `:=` makes new ones, `=` sets those of an outer block.
    pub(super) declares: bool,
    pub(super) commands: Vec<Command>,
}

/// A function with arguments, or one operand.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub(super) function: Option<&'static str>,
    pub(super) operands: Vec<Operand>,
    pub(super) place: Place,
}

/// Where something stands and what it looks like there, for error messages.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) at: usize,
    pub(super) text: String,
}

/// An argument.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    pub(super) kind: Kind,
    /// `.a.b` behind it.
    pub(super) fields: Vec<String>,
    pub(super) place: Place,
}

/// What an argument begins with.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Dot,
    Variable(String),
    Constant(Value),
    Pipe(Box<Pipe>),
    Call(&'static str),
}

/// The pieces that are left, and how deep they nest.
struct Input {
    pieces: std::vec::IntoIter<Piece>,
    ranges: usize,
    end: usize,
    alerts: bool,
}

fn mistake<T>(at: usize, text: impl Into<String>) -> Result<T, Mistake> {
    Err(Mistake { text: text.into(), at })
}

/// Parses a whole template. `alerts` adds the functions of alerting rules.
pub(super) fn nodes(pieces: Vec<Piece>, end: usize, alerts: bool) -> Result<Vec<Node>, Mistake> {
    let mut input = Input { pieces: pieces.into_iter(), ranges: 0, end, alerts };
    match block(&mut input, 0)? {
        (nodes, Ended::Text) => Ok(nodes),
        (_, Ended::End(at)) => mistake(at, "unexpected {{end}}"),
        (_, Ended::Else(at) | Ended::ElseWith(_, at)) => mistake(at, "unexpected {{else}}"),
    }
}

/// What closed a block.
enum Ended {
    Text,
    End(usize),
    Else(usize),
    /// `else if` and `else with`: the node that continues.
    ElseWith(Box<Node>, usize),
}

fn block(input: &mut Input, depth: usize) -> Result<(Vec<Node>, Ended), Mistake> {
    if depth > DEPTH_MAX {
        return mistake(0, "blocks are nested too deep");
    }
    let mut nodes = Vec::new();
    while let Some(piece) = input.pieces.next() {
        let tokens = match piece {
            Piece::Text(text) => {
                nodes.push(Node::Text(text));
                continue;
            }
            Piece::Action(tokens) => tokens,
        };
        let Some(first) = tokens.first() else { return mistake(input.end, "missing value for command") };
        let at = first.start;
        let word = |index: usize| match tokens.get(index).map(|placed| &placed.token) {
            Some(Token::Word(word)) => word.as_str(),
            _ => "",
        };
        match word(0) {
            "end" => return Ok((nodes, Ended::End(at))),
            "else" => {
                if matches!(word(1), "if" | "with") {
                    let inner = control(word(1), tokens.get(1..).unwrap_or(&[]), input, depth)?;
                    return Ok((nodes, Ended::ElseWith(Box::new(inner), at)));
                }
                return Ok((nodes, Ended::Else(at)));
            }
            keyword @ ("if" | "with" | "range") => nodes.push(control(keyword, &tokens, input, depth)?),
            keyword @ ("break" | "continue") => {
                if input.ranges == 0 {
                    return mistake(at, format!("{{{{{keyword}}}}} outside {{{{range}}}}"));
                }
                nodes.push(if keyword == "break" { Node::Break } else { Node::Continue });
            }
            keyword @ ("define" | "block" | "template") => {
                return mistake(at, format!("{{{{{keyword}}}}} is not supported here"));
            }
            _ => nodes.push(Node::Print(pipe(&tokens, depth, input, false)?)),
        }
    }
    Ok((nodes, Ended::Text))
}

fn control(keyword: &str, tokens: &[Placed], input: &mut Input, depth: usize) -> Result<Node, Mistake> {
    let range = keyword == "range";
    let at = tokens.first().map_or(0, |placed| placed.start);
    if tokens.len() < 2 {
        return mistake(at, format!("missing value for {keyword}"));
    }
    let pipe = pipe(tokens.get(1..).unwrap_or(&[]), depth, input, range)?;
    input.ranges += usize::from(range);
    let (then, ended) = block(input, depth + 1)?;
    input.ranges -= usize::from(range);
    let otherwise = match ended {
        Ended::End(_) => Vec::new(),
        Ended::ElseWith(node, _) => vec![*node],
        Ended::Else(_) => match block(input, depth + 1)? {
            (nodes, Ended::End(_)) => nodes,
            (_, Ended::Text) => return mistake(input.end, "unexpected EOF"),
            (_, Ended::Else(at) | Ended::ElseWith(_, at)) => {
                return mistake(at, "expected end; found {{else}}");
            }
        },
        Ended::Text => return mistake(input.end, "unexpected EOF"),
    };
    Ok(match keyword {
        "if" => Node::If { pipe, then, otherwise },
        "with" => Node::With { pipe, then, otherwise },
        _ => Node::Range { pipe, then, otherwise },
    })
}

fn pipe(tokens: &[Placed], depth: usize, input: &Input, range: bool) -> Result<Pipe, Mistake> {
    let at = tokens.first().map_or(input.end, |placed| placed.start);
    if depth > DEPTH_MAX {
        return mistake(at, "parentheses are nested too deep");
    }
    let is = |index: usize, mark: &str| matches!(tokens.get(index).map(|placed| &placed.token), Some(Token::Mark(found)) if *found == mark);
    let variable = |index: usize| match tokens.get(index).map(|placed| &placed.token) {
        Some(Token::Variable(name)) => Some(name.clone()),
        _ => None,
    };
    let mut pipe = Pipe::default();
    let mut tokens = tokens;
    if let (Some(first), true) = (variable(0), is(1, ":=") || is(1, "=")) {
        pipe = Pipe { variables: vec![first], declares: is(1, ":="), commands: Vec::new() };
        tokens = tokens.get(2..).unwrap_or(&[]);
    } else if let (true, Some(first), true, Some(second)) = (range, variable(0), is(1, ","), variable(2))
        && (is(3, ":=") || is(3, "="))
    {
        pipe = Pipe { variables: vec![first, second], declares: is(3, ":="), commands: Vec::new() };
        tokens = tokens.get(4..).unwrap_or(&[]);
    }
    let mut level = 0usize;
    let mut start = 0;
    for (index, placed) in tokens.iter().enumerate() {
        match placed.token {
            Token::Mark("(") => level += 1,
            Token::Mark(")") => match level.checked_sub(1) {
                Some(less) => level = less,
                None => return mistake(placed.start, "unexpected right paren"),
            },
            Token::Mark("|") if level == 0 => {
                pipe.commands.push(command(tokens.get(start..index).unwrap_or(&[]), at, depth, input)?);
                start = index + 1;
            }
            _ => {}
        }
    }
    if level > 0 {
        return mistake(input.end, "unclosed left paren");
    }
    pipe.commands.push(command(tokens.get(start..).unwrap_or(&[]), at, depth, input)?);
    for (index, command) in pipe.commands.iter().enumerate().skip(1) {
        if command.function.is_none() {
            let text = format!("non executable command in pipeline stage {}", index + 1);
            return mistake(command.place.at, text);
        }
    }
    Ok(pipe)
}

fn command(tokens: &[Placed], at: usize, depth: usize, input: &Input) -> Result<Command, Mistake> {
    let mut operands: Vec<Operand> = Vec::new();
    let mut index = 0;
    let mut last_end = usize::MAX;
    while let Some(placed) = tokens.get(index) {
        index += 1;
        // A field that touches what is before it belongs to that.
        if let (Token::Field(name), true, Some(before)) =
            (&placed.token, placed.start == last_end, operands.last_mut())
        {
            before.fields.push(name.clone());
            before.place.text.push_str(&placed.source);
            last_end = placed.end;
            continue;
        }
        last_end = placed.end;
        let mut fields = Vec::new();
        let mut text = placed.source.clone();
        let kind = match &placed.token {
            Token::Field(name) => {
                fields.extend(Some(name.clone()).filter(|name| !name.is_empty()));
                Kind::Dot
            }
            Token::Variable(name) => Kind::Variable(name.clone()),
            Token::Text(text) => Kind::Constant(Value::Text(text.clone())),
            Token::Character(value) => Kind::Constant(Value::Int(i64::from(u32::from(*value)))),
            Token::Number(text) => match Value::number(text) {
                Some(value) => Kind::Constant(value),
                None => return mistake(placed.start, format!("bad number syntax: {text:?}")),
            },
            Token::Word(word) => match word.as_str() {
                "true" => Kind::Constant(Value::Bool(true)),
                "false" => Kind::Constant(Value::Bool(false)),
                "nil" => Kind::Constant(Value::Nothing),
                word => match functions::name(word, input.alerts) {
                    Some(function) => Kind::Call(function),
                    None => return mistake(placed.start, format!("function {word:?} not defined")),
                },
            },
            Token::Mark("(") => {
                let rest = tokens.get(index..).unwrap_or(&[]);
                let Some(end) = closing(rest) else { return mistake(input.end, "unclosed left paren") };
                let inner_tokens = rest.get(..end).unwrap_or(&[]);
                let inner = pipe(inner_tokens, depth + 1, input, false)?;
                let words: Vec<&str> = inner_tokens.iter().map(|placed| placed.source.as_str()).collect();
                text = format!("({})", words.join(" "));
                index += end + 1;
                last_end = rest.get(end).map_or(placed.end, |placed| placed.end);
                Kind::Pipe(Box::new(inner))
            }
            Token::Mark(mark) => return mistake(placed.start, format!("unexpected {mark:?} in operand")),
        };
        operands.push(Operand { kind, fields, place: Place { at: placed.start, text } });
    }
    let Some(first) = operands.first() else { return mistake(at, "missing value for command") };
    let words: Vec<&str> = operands.iter().map(|operand| operand.place.text.as_str()).collect();
    let place = Place { at: first.place.at, text: words.join(" ") };
    let function = match first.kind {
        Kind::Call(function) if first.fields.is_empty() => Some(function),
        _ => None,
    };
    if function.is_some() {
        operands.remove(0);
    }
    Ok(Command { function, operands, place })
}

/// Where the parenthesis that was just opened closes.
fn closing(tokens: &[Placed]) -> Option<usize> {
    let mut level = 0usize;
    for (at, placed) in tokens.iter().enumerate() {
        match placed.token {
            Token::Mark("(") => level += 1,
            Token::Mark(")") if level == 0 => return Some(at),
            Token::Mark(")") => level -= 1,
            _ => {}
        }
    }
    None
}
