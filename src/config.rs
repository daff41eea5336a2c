//! Settings: read once, checked at the start, handed on as values.
