"""`python -m avatarforge.database.init_db`: create the tables, or bring old ones up to date."""

from __future__ import annotations

import sys

from pydantic import ValidationError

from studio.errors import StudioError
from studio.records import open_database
from studio.settings import Settings


def main() -> int:
    """Open the records as the server would, and say where they are."""
    try:
        path = Settings().database_path
        existed = path.exists()
        database = open_database(path)
    except ValidationError as error:
        for item in error.errors():
            print(f"Setting {'.'.join(map(str, item['loc'])).upper()}: {item['msg']}", file=sys.stderr)
        return 2
    except StudioError as error:
        print(error, error.hint, file=sys.stderr)
        return 2
    try:
        names = database.utils.table_names()
        tables = [name for name in names if not name.startswith("_") and "_fts_" not in name]
    finally:
        database.close()
    done = "Database is up to date" if existed else "Database created"
    print(f"{done}: {path.absolute()}", f"Tables: {', '.join(sorted(tables))}", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
