"""The command line. Each command parses, calls one function, renders, and leaves."""
