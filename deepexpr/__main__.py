"""``python -m deepexpr`` is the command ``deepexpr``."""

import sys

from deepexpr.cli import main

sys.exit(main())
