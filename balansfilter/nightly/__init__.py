"""What a night needs around its runs: that people hear of it, and that a monitor sees it."""
