"""`python -m digest` is the `digest` command. I/O: the command line."""

from digest.cli.main import main

main()
