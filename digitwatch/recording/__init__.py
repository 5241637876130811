"""What is kept: the one room that writes to the outbox."""
