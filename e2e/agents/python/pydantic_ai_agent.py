"""Pydantic AI: `python pydantic_ai_agent.py [--stream]`."""

import asyncio

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from agent_tools import KEY, MODEL, STREAM, SYSTEM, TASK, look_up

agent = Agent(OpenAIChatModel(MODEL, provider=OpenAIProvider(api_key=KEY)), system_prompt=SYSTEM, model_settings={"temperature": 0.5})


@agent.tool_plain
def lookup(q: str) -> str:
    """Looks something up and keeps a note of it."""
    return look_up(q)


async def main() -> None:
    if STREAM:
        async with agent.run_stream(TASK) as result:
            print(await result.get_output())
    else:
        print((await agent.run(TASK)).output)


asyncio.run(main())
