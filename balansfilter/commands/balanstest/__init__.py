"""Commands of balanstest."""
