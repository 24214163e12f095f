"""Spark: the decision of a list on a cluster, with joins, groups and terms of Spark's own.

The rules are those of :mod:`balansfilter.decision`, through narwhals; cells are read by the functions of the nightly
stream, on Arrow batches. `own_session` decides a frame of the user's own session and `on_cluster` the list of a run,
both by `engine`.
"""
