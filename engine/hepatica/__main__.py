"""`python -m hepatica` is `hepatica`."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """The entry point: an interrupt while the program is still being loaded ends it like any other, without a traceback."""
    # A short-lived process makes little garbage: looking for it takes a tenth of a short command's time.
    gc.set_threshold(200_000, 20, 100)
    try:
        from hepatica.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
