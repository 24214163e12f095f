"""Spark decides as Polars does, in a session of this machine and on a cluster of it: `make spark`."""
