"""`uvicorn avatarforge.main:app`: the server for those who run it under an ASGI server of their own."""

from app import create_app, set_up_logging
from studio.settings import Settings

_settings = Settings()
set_up_logging(_settings)
app = create_app(_settings)
