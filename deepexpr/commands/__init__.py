"""One module per verb of the command line; see deepexpr/cli.py."""
