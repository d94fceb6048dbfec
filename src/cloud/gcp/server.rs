//! A Google Cloud of a test's own.
