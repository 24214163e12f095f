"""The document of a balanstest: what a compliance officer signs and a committee reads, as HTML, PDF and DOCX.

What it says is composed once, in words, by pure functions (`content`); the three forms only set it. The same inputs
make the same bytes: the as-of date is an argument, and no form holds a clock.

Rule: what a document says is composed once; its forms only set it.
"""
