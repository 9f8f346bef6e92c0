"""The only way to ComfyUI: a client of one server, its events, and the pool of servers."""
