"""The calls of the AvatarForge documents as scripts, and the documented shape of every answer."""
