"""`python -m hepatica` is `hepatica`."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """The entry point: an interrupt while the program is still being loaded ends it like any other, without a traceback."""
    try:
        # A short-lived process makes little garbage: looking for it takes a tenth of a short command's time.
        gc.set_threshold(200_000, 20, 100)
        # No other package has a say in how documents are checked; looking for one that would takes some milliseconds.
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
        from hepatica.cli.main import main as run

        run()
    except KeyboardInterrupt:
        if sys.stderr is not None:
            sys.stderr.write("stopped\n")
            sys.stderr.flush()
        # Not `sys.exit`: where text was being compiled, as for every named tuple, Python would die of the signal after all.
        os._exit(2)


if __name__ == "__main__":
    main()
