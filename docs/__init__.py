"""The documentation, and the commands that make its pictures and carry out its tutorial."""
