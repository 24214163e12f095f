"""Commands of objections."""
