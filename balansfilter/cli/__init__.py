"""The command line. Each command parses, calls one function, renders, and leaves.

Rule: a file is a command, named as it is typed: parse, call one function, render, leave.
"""
