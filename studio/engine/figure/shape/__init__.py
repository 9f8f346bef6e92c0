"""Geometry: meshes, distance fields, the skeleton, the body and the head."""
