"""The parts of the engine, each held against plain Python."""
