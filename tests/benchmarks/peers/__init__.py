"""The same two lists, made as a good engineer would in one sitting: no audit, no guards, no policy file."""
