"""`python -m hepatica` is `hepatica`."""

from __future__ import annotations

import sys


def main() -> None:
    """The entry point: an interrupt while the program is still being loaded ends it like any other, without a traceback."""
    try:
        from hepatica.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
