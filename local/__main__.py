"""`python -m local setup|up|down|status|env`: see `cli`."""

import sys

from local.cli import main

sys.exit(main())
