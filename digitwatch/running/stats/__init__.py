"""What was read so far, and how much of it is right."""
