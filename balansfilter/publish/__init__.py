"""Publishing: two lists, made beside the published ones and put in their place in one step.

Rule: nothing counts before it is whole, private and on disk.
"""
