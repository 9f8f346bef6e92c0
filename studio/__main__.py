"""The command line: python -m studio."""

import sys

OLDEST = (3, 11)

# Said here, in words that an old Python can read: the rest of the studio it cannot.
if sys.version_info < OLDEST:
    sys.stderr.write(
        "FAIL  Python {}: the studio needs 3.11 or newer.\n"
        "      Install a newer one, then make the virtual environment anew with it.\n".format(
            ".".join(map(str, sys.version_info[:3]))
        )
    )
    sys.exit(1)

from studio.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
