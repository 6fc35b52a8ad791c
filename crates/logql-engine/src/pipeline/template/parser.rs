//! Pieces to a tree of nodes.

use super::{
    functions,
    lexer::{Piece, Token},
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
}

/// `$x := a | b | c`: each command gets the value of the one before as its last argument.
#[derive(Debug, Clone)]
pub(super) struct Pipe {
    pub(super) assign: Option<String>,
    pub(super) commands: Vec<Command>,
}

/// A function with arguments, or one operand.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub(super) function: Option<&'static str>,
    pub(super) operands: Vec<Operand>,
}

/// An argument.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    Field(Vec<String>),
    Variable(String),
    Constant(Value),
    Pipe(Box<Pipe>),
    Call(&'static str),
}

/// Parses a whole template.
pub(super) fn nodes(pieces: Vec<Piece>) -> Result<Vec<Node>, String> {
    let mut pieces = pieces.into_iter();
    match block(&mut pieces, 0)? {
        (nodes, None) => Ok(nodes),
        (_, Some(end)) => Err(format!("template: line:1: unexpected {{{{{end}}}}}")),
    }
}

type Ended = (Vec<Node>, Option<&'static str>);

fn block(pieces: &mut std::vec::IntoIter<Piece>, depth: usize) -> Result<Ended, String> {
    if depth > DEPTH_MAX {
        return Err("template: line:1: blocks are nested too deep".to_owned());
    }
    let mut nodes = Vec::new();
    while let Some(piece) = pieces.next() {
        let tokens = match piece {
            Piece::Text(text) => {
                nodes.push(Node::Text(text));
                continue;
            }
            Piece::Action(tokens) => tokens,
        };
        let keyword = match tokens.first() {
            Some(Token::Word(word)) => word.as_str(),
            Some(_) => "",
            None => return Err("template: line:1: missing value for command".to_owned()),
        };
        match keyword {
            "end" => return Ok((nodes, Some("end"))),
            "else" => {
                // `{{else if x}}` is an if inside the else, closed by the same end.
                if matches!(tokens.get(1), Some(Token::Word(word)) if word == "if") {
                    let inner = control("if", tokens.get(1..).unwrap_or(&[]), pieces, depth)?;
                    nodes.push(Node::If {
                        pipe: Pipe { assign: None, commands: Vec::new() },
                        then: Vec::new(),
                        otherwise: vec![inner],
                    });
                    return Ok((nodes, Some("else if")));
                }
                return Ok((nodes, Some("else")));
            }
            "if" | "with" | "range" => nodes.push(control(keyword, &tokens, pieces, depth)?),
            _ => nodes.push(Node::Print(pipe(&tokens, depth)?)),
        }
    }
    Ok((nodes, None))
}

fn control(
    keyword: &str,
    tokens: &[Token],
    pieces: &mut std::vec::IntoIter<Piece>,
    depth: usize,
) -> Result<Node, String> {
    let pipe = pipe(tokens.get(1..).unwrap_or(&[]), depth)?;
    let eof = || "template: line:1: unexpected EOF".to_owned();
    let (mut then, ended) = block(pieces, depth + 1)?;
    let otherwise = match ended {
        Some("end") => Vec::new(),
        Some("else if") => match then.pop() {
            Some(Node::If { otherwise, .. }) => otherwise,
            _ => Vec::new(),
        },
        Some(_) => match block(pieces, depth + 1)? {
            (nodes, Some("end")) => nodes,
            _ => return Err(eof()),
        },
        None => return Err(eof()),
    };
    Ok(match keyword {
        "if" => Node::If { pipe, then, otherwise },
        "with" => Node::With { pipe, then, otherwise },
        _ => Node::Range { pipe, then, otherwise },
    })
}

fn pipe(tokens: &[Token], depth: usize) -> Result<Pipe, String> {
    if depth > DEPTH_MAX {
        return Err("template: line:1: parentheses are nested too deep".to_owned());
    }
    let (assign, tokens) = match tokens {
        [Token::Variable(name), Token::Mark(":=" | "="), rest @ ..] => (Some(name.clone()), rest),
        tokens => (None, tokens),
    };
    let mut commands = Vec::new();
    let mut level = 0usize;
    let mut start = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark("(") => level += 1,
            Token::Mark(")") => {
                level = level.checked_sub(1).ok_or("template: line:1: unexpected right paren")?
            }
            Token::Mark("|") if level == 0 => {
                commands.push(command(tokens.get(start..at).unwrap_or(&[]), depth)?);
                start = at + 1;
            }
            _ => {}
        }
    }
    if level > 0 {
        return Err("template: line:1: unclosed left paren".to_owned());
    }
    commands.push(command(tokens.get(start..).unwrap_or(&[]), depth)?);
    Ok(Pipe { assign, commands })
}

fn command(tokens: &[Token], depth: usize) -> Result<Command, String> {
    let mut operands = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        operands.push(match token {
            Token::Field(name) => {
                // Labels have no members, so `.a.b` reads as two operands and fails as such.
                let path: Vec<String> =
                    Some(name.clone()).filter(|name| !name.is_empty()).into_iter().collect();
                Operand::Field(path)
            }
            Token::Variable(name) => Operand::Variable(name.clone()),
            Token::Text(text) => Operand::Constant(Value::Text(text.clone())),
            Token::Number(text) => Operand::Constant(
                Value::number(text)
                    .ok_or_else(|| format!("template: line:1: bad number syntax: {text:?}"))?,
            ),
            Token::Word(word) => match word.as_str() {
                "true" => Operand::Constant(Value::Bool(true)),
                "false" => Operand::Constant(Value::Bool(false)),
                "nil" => Operand::Constant(Value::Nothing),
                word => Operand::Call(
                    functions::name(word)
                        .ok_or_else(|| format!("template: line:1: function {word:?} not defined"))?,
                ),
            },
            Token::Mark("(") => {
                let rest = tokens.get(at..).unwrap_or(&[]);
                let end = closing(rest).ok_or("template: line:1: unclosed left paren")?;
                let inner = pipe(rest.get(..end).unwrap_or(&[]), depth + 1)?;
                at += end + 1;
                Operand::Pipe(Box::new(inner))
            }
            Token::Mark(mark) => return Err(format!("template: line:1: unexpected <{mark}> in operand")),
        });
    }
    match operands.first() {
        None => Err("template: line:1: missing value for command".to_owned()),
        Some(Operand::Call(function)) => {
            let function = *function;
            operands.remove(0);
            Ok(Command { function: Some(function), operands })
        }
        Some(_) => Ok(Command { function: None, operands }),
    }
}

/// Where the parenthesis that was just opened closes.
fn closing(tokens: &[Token]) -> Option<usize> {
    let mut level = 0usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark("(") => level += 1,
            Token::Mark(")") if level == 0 => return Some(at),
            Token::Mark(")") => level -= 1,
            _ => {}
        }
    }
    None
}
