//! Run a tool, observe it, write its report.
