"""OpenAI's agent framework for Python: `python openai_agents_agent.py [--stream]`."""

import asyncio

from agents import Agent, Runner, function_tool, set_default_openai_client, set_tracing_disabled
from openai import AsyncOpenAI

from agent_tools import KEY, MODEL, STREAM, SYSTEM, TASK, look_up

set_default_openai_client(AsyncOpenAI(api_key=KEY))
set_tracing_disabled(True)


@function_tool
def lookup(q: str) -> str:
    """Looks something up and keeps a note of it."""
    return look_up(q)


async def main() -> None:
    from agents import ModelSettings

    agent = Agent(name="Looker", instructions=SYSTEM, model=MODEL, model_settings=ModelSettings(temperature=0.5), tools=[lookup])
    if STREAM:
        result = Runner.run_streamed(agent, TASK, max_turns=20)
        async for _ in result.stream_events():
            pass
    else:
        result = await Runner.run(agent, TASK, max_turns=20)
    print(result.final_output)


asyncio.run(main())
