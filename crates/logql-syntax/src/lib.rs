//! Lexer, parser and AST of LogQL.
