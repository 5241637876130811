"""What each command does: wire together, print. Heavy libraries are imported when needed."""
