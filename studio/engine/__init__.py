"""The embedded engine: a small server that speaks ComfyUI's protocol and runs graphs on the CPU."""
