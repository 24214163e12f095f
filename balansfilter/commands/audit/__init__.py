"""What is done with the audit log of a brand, one file a command; `brand` and `timeline` are what they share."""
