"""What was decided of the rows of a list, on its way from an engine to the lists and the audit log.

Rule: what follows from an outcome is made once for all rows that have it.
"""
