"""Several engines and kinds of frames, and one decision."""
