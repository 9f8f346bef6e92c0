"""`uvicorn avatarforge.main:app`: the server for those who run it under an ASGI server of their own."""

from app import create_app
from studio import logs
from studio.settings import Settings

_settings = Settings()
logs.set_up(_settings)
app = create_app(_settings)
