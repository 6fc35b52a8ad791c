//! Requests to delete: what their senders ask of a store, and how a store learns what a selector
//! in the query language means without knowing that language.

use std::{fmt, sync::Arc};

use crate::{LabelMatcher, Labels, TimeRange};

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteState {
    /// Answers leave the lines out already; they are still on disk, and the request may be
    /// cancelled.
    Received,
    /// The lines are gone.
    Processed,
}

/// One request, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteRequest {
    /// Its name: eight hex digits, as Loki's.
    pub id: String,
    /// Whose lines.
    pub tenant: String,
    /// A stream selector, with or without a pipeline of filters.
    pub query: String,
    /// Which lines; the end is excluded here.
    pub range: TimeRange,
    /// When it was asked for, nanoseconds since 1970.
    pub created_ns: i64,
    /// How far it is.
    pub state: DeleteState,
    /// Lines that were removed so far.
    pub deleted_lines: u64,
}

/// Tells whether a line is meant: labels of its stream, its time, itself, its structured
/// metadata.
pub type RowPredicate = Arc<dyn Fn(&Labels, i64, &str, &[(&str, &str)]) -> bool + Send + Sync>;

/// What a selector means.
#[derive(Clone)]
pub struct CompiledSelector {
    /// Which streams.
    pub matchers: Vec<LabelMatcher>,
    /// Which of their lines; all when absent.
    pub line: Option<RowPredicate>,
}

impl fmt::Debug for CompiledSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line.as_ref().map(|_| "a predicate");
        f.debug_struct("CompiledSelector").field("matchers", &self.matchers).field("line", &line).finish()
    }
}

/// Compiles the text of a selector. A store asks for each request that it takes, and again for
/// each that it kept when it is opened.
pub trait SelectorCompiler: fmt::Debug + Send + Sync {
    /// What this text means.
    ///
    /// # Errors
    /// What is wrong with it.
    fn compile(&self, query: &str) -> Result<CompiledSelector, String>;
}

/// Why a request was not taken, or not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// The selector cannot be understood.
    #[error("{0}")]
    Selector(String),
    /// No request of this tenant has this id.
    #[error("could not find delete request with given id")]
    Unknown,
    /// Its lines are gone.
    #[error("deletion of request which is in process or already processed is not allowed")]
    Processed,
    /// Too many requests wait.
    #[error("{pending} delete requests already wait, {pending_max} may")]
    TooMany {
        /// How many wait.
        pending: usize,
        /// How many may.
        pending_max: usize,
    },
    /// This store cannot delete.
    #[error("this store takes no delete requests: {0}")]
    Unsupported(String),
    /// The medium failed; nothing was taken.
    #[error("storing the delete request: {0}")]
    Io(String),
}

/// The deleting side of a store. Calls block: run them on a thread that may.
pub trait LogDeleter: Send + Sync {
    /// Takes a request: durable when this returns, and from then on no answer holds a line that
    /// was stored before and is meant by it. Lines stored afterwards stay.
    ///
    /// # Errors
    /// [`DeleteError`].
    fn request(&self, tenant: &str, query: &str, range: TimeRange) -> Result<DeleteRequest, DeleteError>;

    /// All requests of a tenant that are kept, oldest first.
    fn list(&self, tenant: &str) -> Vec<DeleteRequest>;

    /// Forgets a request that is not processed; its lines are answered again. Loki's `force`
    /// drops what is left of a request that is partly processed: here a request is processed in
    /// one step, so it changes nothing.
    ///
    /// # Errors
    /// [`DeleteError::Unknown`] and [`DeleteError::Processed`].
    fn cancel(&self, tenant: &str, id: &str, force: bool) -> Result<(), DeleteError>;
}
