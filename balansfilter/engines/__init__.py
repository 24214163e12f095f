"""The engines that can decide a list. Each library is imported in its own file only; what they share is `interface`.

Rule: a library is imported in its own file only, and all that decide take and give the same tables.
"""
