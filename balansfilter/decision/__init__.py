"""The decision: what the rules are, in which order, and what they mean. Pure: no file, no clock, no engine.

A rule is written once, over a vocabulary `m`: Polars in the nightly stream, narwhals on every other frame. A new reason
is one entry in `reasons`, one rule in `rules`, one case and one wording a language.

Rule: no file, clock, engine or library; a new reason is one entry, one rule, one case and one wording a language.
"""
