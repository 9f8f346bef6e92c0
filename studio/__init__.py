"""AvatarForge Studio: characters from words, on ComfyUI or on the embedded engine."""

VERSION = "1.0.0"
