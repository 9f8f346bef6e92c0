"""One file per documented API family."""
