"""`python -m livercad`: the same as the `livercad` command."""

from livercad.cli.main import main

main()
