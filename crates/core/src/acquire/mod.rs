//! Query strategies: which rows to ask the oracle about next.
