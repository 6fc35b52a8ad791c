//! Rule files to typed, compiled rules.
