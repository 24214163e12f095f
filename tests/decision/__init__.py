"""What a row of a call list is decided to be: case files, and what holds of every list."""
