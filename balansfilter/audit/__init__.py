"""The audit log: what was decided, for whom, on what, and that nobody changed it since."""
