//! The outputs an alert can be delivered to.
