"""The policy of a brand: what it says, whether it is sound, who approved it, and what the law leaves of it."""
