"""Retake before your tools. `from retake_tools import retake_tool`, then `@retake_tool` above each tool function (also async).
Started by Retake, a call asks first: it gets the recorded result, runs, or raises ToolRefused. Otherwise nothing changes."""
import asyncio, functools, inspect, json, os, urllib.request


class ToolRefused(RuntimeError):
    """The tool may not run, or its recorded call failed. The message is for the model."""


def _ask(path, body):
    data = json.dumps(body, default=str).encode()
    request = urllib.request.Request(os.environ["RETAKE_TOOLS_URL"] + path, data, {"content-type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # The address is this machine's: no proxy.
    with opener.open(request) as answer:  # A person may take long to decide: no timeout.
        return json.load(answer)


def retake_tool(function=None, *, name=None):
    if function is None:
        return lambda actual: retake_tool(actual, name=name)
    signature = inspect.signature(function)

    def decide(args, kwargs):
        call = {"hand": "wrapper", "tool": name or function.__name__, "arguments": dict(signature.bind(*args, **kwargs).arguments)}
        answer = _ask("/decide", call)
        if answer["action"] == "deny" or answer.get("isError"):
            raise ToolRefused(answer.get("message") or answer.get("content"))
        return call, answer

    def keep(call, result=None, error=None):
        text = str(error) if error is not None else result if isinstance(result, str) else json.dumps(result, default=str)
        native = {} if error is not None else {"native": {"value": result}}
        try:
            _ask("/record", {**call, "content": text, "isError": error is not None, **native})
        except OSError:
            pass  # The tool has run: what cannot be kept must not stop the agent.

    def value_of(answer):
        return answer["native"]["value"] if "native" in answer else answer["content"]

    @functools.wraps(function)
    def run(*args, **kwargs):
        if not os.environ.get("RETAKE_TOOLS_URL"):
            return function(*args, **kwargs)
        call, answer = decide(args, kwargs)
        if answer["action"] == "result":
            return value_of(answer)
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            keep(call, error=error)
            raise
        keep(call, result)
        return result

    @functools.wraps(function)
    async def run_async(*args, **kwargs):
        if not os.environ.get("RETAKE_TOOLS_URL"):
            return await function(*args, **kwargs)
        call, answer = await asyncio.to_thread(decide, args, kwargs)
        if answer["action"] == "result":
            return value_of(answer)
        try:
            result = await function(*args, **kwargs)
        except Exception as error:
            await asyncio.to_thread(keep, call, error=error)
            raise
        await asyncio.to_thread(keep, call, result)
        return result

    return run_async if inspect.iscoroutinefunction(function) else run
