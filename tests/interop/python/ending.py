"""How these programs end."""

import asyncio
import os
import sys
from collections.abc import Coroutine


def run(main: Coroutine) -> None:
    """Runs to the end and leaves without tearing the interpreter down: the SDK's threads may still call into it."""
    asyncio.run(main)
    sys.stdout.flush()
    os._exit(0)
