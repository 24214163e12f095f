"""What people read in pages and documents, in Dutch and English: words, numbers and days as each language writes them.

The words stand in one folder a language, in YAML files that a translator can edit without reading code: a text may hold
names in braces, which are filled in, and a text that depends on a number has a form for one and a form for others.

Rule: a word that people read stands once a language, outside the code.
"""
