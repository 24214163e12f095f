"""The policy of a brand: what it says, whether it is sound, who approved it, and what the law leaves of it.

Rule: everything that is wrong is told at once, each with its place and what to do.
"""
