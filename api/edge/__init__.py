"""What every request passes before any route and every answer passes after it, whatever its API family."""
