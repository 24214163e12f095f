"""The disk: private files and folders, places for what is not finished, and Parquet files written part by part.

Errors are the operating system's own; what they mean is said by whoever writes.
"""
