"""A slow, plain implementation of the decision, and random cases on which the program is held against it."""
