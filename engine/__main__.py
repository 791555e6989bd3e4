"""`python -m engine` is `hepatica`."""

from engine.cli.main import main

if __name__ == "__main__":
    main()
