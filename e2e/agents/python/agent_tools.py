"""What the Python agents share: see agent-tools.ts, which says the same for JavaScript."""

import datetime
import os
import sys


def option(name: str, otherwise: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else otherwise


TASK = option("--task", "the price of tea")
MODEL = option("--model", "scripted-1")
SYSTEM = option("--system", "You look things up.")
STREAM = "--stream" in sys.argv
KEY = os.environ.get("AGENT_KEY", "example-key-0123456789abcdef")

if os.environ.get("AGENT_PID_FILE"):
    with open(os.environ["AGENT_PID_FILE"], "w", encoding="utf-8") as file:
        file.write(str(os.getpid()))


def look_up(q: str) -> str:
    """Looks something up and keeps a note of it."""
    folder = os.environ.get("AGENT_FOLDER")
    if folder:
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "lookups.log"), "a", encoding="utf-8") as log:
            log.write(q + "\n")
    return f"found {q} at {datetime.datetime.now(datetime.timezone.utc).isoformat()} pid: {os.getpid()}"
