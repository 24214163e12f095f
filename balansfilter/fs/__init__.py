"""The disk: private files and folders, places for what is not finished, and Parquet files written part by part.

Errors are the operating system's own; what they mean is said by whoever writes.

Rule: no error of ours is raised here: whoever writes says what the operating system's error means.
"""
