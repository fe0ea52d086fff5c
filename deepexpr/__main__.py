"""``python -m deepexpr`` is the command ``deepexpr``."""

import gc
import sys

from deepexpr.cli import main

code = main()
# At its end Python looks through all that was loaded for garbage: half a second with TensorFlow.
gc.freeze()
sys.exit(code)
