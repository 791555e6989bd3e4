"""The command line: one file to a command group, each imported only when it is called."""
