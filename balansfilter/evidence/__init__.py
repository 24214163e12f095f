"""The evidence: what a call list is held against, read out of the sources, and the sets it is looked up in.

One file a kind: `objections`, `register`, `contacts`. Evidence knows the plan, and neither the files it came from nor
what will be decided by it.

Rule: it knows neither the files that it came from nor what will be decided by it.
"""
