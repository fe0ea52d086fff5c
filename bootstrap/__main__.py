"""``python3 -m bootstrap setup|demo|real|test``: what the Makefile calls."""

import sys

if sys.version_info < (3, 11):  # before anything an older Python could not read
    sys.exit(
        "DeepExpression needs Python 3.11 or newer; this is %d.%d at %s.\n"
        "  fix: install a newer Python and run: make PYTHON=/path/to/python3.11 demo"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

from bootstrap.cli import main

sys.exit(main())
