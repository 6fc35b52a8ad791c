//! What the compiler says of rule files, compared with what Falco said of the same files.

mod load;
mod stock;
