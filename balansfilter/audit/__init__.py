"""The audit log: what was decided, for whom, on what, and that nobody changed it since.

Rule: what was recorded is only ever added to, and nobody in it can be read back.
"""
