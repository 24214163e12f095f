"""What a night needs around its runs: that people hear of it, and that a monitor sees it.

Rule: a notice that fails, and figures that cannot be written, never fail a run.
"""
