"""The records: one SQLite file, both the truth and the queue. All SQL of the studio is in this room."""

from studio.records import light  # first, as the others import sqlite-utils
from studio.records.database import Database, check_file, open_database

__all__ = ["Database", "check_file", "light", "open_database"]
