"""From bent meshes to pixels: camera, z-buffer, shading, lines."""
