"""The command line: one file a command of `livercad`, put together in `livercad.cli.main`."""
