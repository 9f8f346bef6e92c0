"""Videos that are there already: opened, changed picture by picture as they stream through, and saved."""
