//! Lexer, parser and AST of the rule language.
