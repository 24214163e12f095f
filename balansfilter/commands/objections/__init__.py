"""What is said of the lists of people who objected."""
