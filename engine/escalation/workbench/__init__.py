"""Tools for the authors of rules: tests, lints, coverage and proofs of a pack."""
