"""The engine: it decides of each row, from the plan, the cells and the evidence, and knows nothing of files."""
