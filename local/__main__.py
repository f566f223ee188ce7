"""`python -m local setup|up|down|status|env|preview`: see `cli`."""

import sys

from local.cli import main

sys.exit(main())
