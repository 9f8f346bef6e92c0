"""The face: a picture drawn per expression and mouth shape, laid onto the head."""
