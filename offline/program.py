"""Runs one Pulumi program: `program.py <settings as JSON> <program>`, in the program's own interpreter.

The official language host includes such a program; the SDK does not. It imports nothing from this package, because
another project's interpreter may run it.
"""

import asyncio
import gc
import json
import logging
import runpy
import sys
import traceback
from pathlib import Path

import pulumi
import pulumi.runtime

# The exit status if the error was already reported to the user, so that the engine adds nothing.
TOLD = 32


def run(settings: dict, program: str) -> int:
    """Run `program` (a directory with __main__.py, or a file) to its last resource; returns the exit status."""
    pulumi.runtime.set_all_config(
        pulumi.runtime.get_config_env(), pulumi.runtime.config.get_config_secret_keys_env()
    )
    pulumi.runtime.configure(pulumi.runtime.Settings(**settings))
    sys.argv, sys.path[0] = [program], program if Path(program).is_dir() else str(Path(program).parent)
    # The engine's own report of a failure is more useful than the tasks that fail with it.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    def main() -> None:
        runpy.run_path(program, run_name="__main__")

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(main))
    except KeyboardInterrupt:
        return TOLD  # the engine has failed elsewhere, and ends the program
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return TOLD
    except Exception:
        pulumi.log.error("the program failed:\n" + traceback.format_exc())
        return TOLD
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    gc.disable()  # a program runs for seconds; collection takes a fifth of the time to load the SDK's modules
    sys.exit(run(json.loads(sys.argv[1]), sys.argv[2]))
