"""What is done to a balanstest itself: its sign-off."""
