"""The interview that makes a policy."""
