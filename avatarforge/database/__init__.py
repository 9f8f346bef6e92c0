"""The records under their documented names."""
