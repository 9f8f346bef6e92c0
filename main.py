"""`python main.py`, as the documents start the server; the same as `python app.py`."""

import sys

from app import main

if __name__ == "__main__":
    sys.exit(main())
