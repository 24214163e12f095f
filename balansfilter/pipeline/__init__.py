"""The pipeline of a night: policy → sources → evidence → decision → lists → audit, and what has to hold on the way.

`run` reads from top to bottom; it makes the `lists` out of what the `intake` read, and lets an engine decide
(`deciding`). This is the only room that knows everybody; what takes the lock first, `recovery`, stands beside the run
and never in it.

Rule: the only room that knows everybody; it reads from top to bottom, with recovery beside it and never in it.
"""
