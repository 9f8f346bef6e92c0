"""What API families promise, as data, and what reads it."""
