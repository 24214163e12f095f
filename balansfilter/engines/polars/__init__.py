"""Polars: the engine of the nightly stream, which decides each row from the plan, the cells and the evidence.

It takes a list part by part (`filter`) or whole in memory (`in_memory`), and knows nothing of files.
"""
