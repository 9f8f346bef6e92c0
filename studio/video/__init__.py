"""Videos: those that are made out of others."""
