"""`python -m hepatica` is `hepatica`."""

from hepatica.cli.main import main

if __name__ == "__main__":
    main()
