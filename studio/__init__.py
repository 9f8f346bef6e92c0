"""AvatarForge Studio: characters from words, on ComfyUI or on the embedded engine."""
