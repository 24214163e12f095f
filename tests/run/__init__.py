"""The nightly run: what it leaves, and that nothing that goes wrong can harm the last published list."""
