"""What the Python agents share: the task, a prompt with the time in it, and the one tool."""

import datetime
import os
import signal
import sys


def option(name: str, otherwise: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else otherwise


TASK = os.environ.get("ORDERS_TASK", "Add up. ORDERS: A1, A2, A3, A4. TINT-red")
SYSTEM = os.environ.get("ORDERS_SYSTEM", "You are an order clerk. MARK-blue")
MODEL = option("--model", "scripted-1")
KILL_AT = int(option("--kill-at", "0"))
lookups = 0


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


def system_with_clock() -> str:
    return f"{SYSTEM}. It is {now()}."


def look_up(order: str) -> str:
    """Looks up the total of an order (X…: there is none); with `--kill-at N`, the N-th time the program is killed inside the tool."""
    global lookups
    if order.startswith("X"):
        raise ValueError(f"NO ORDER {order}")
    lookups += 1
    if lookups == KILL_AT:
        os.kill(os.getpid(), signal.SIGKILL)
    return f"ORDER {order} TOTAL {10 * int(order[1:])} at {now()} pid: {os.getpid()}"


def image_url() -> str:
    """A picture of one dot."""
    return "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def helper_prompt() -> str:
    """Of a sub-agent; the mark tells its requests from the others."""
    return f"{os.environ.get('LAB_HELPER', 'MARK-helper')}. You help a clerk."
