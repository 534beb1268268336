"""Google's Agent Development Kit with Gemini: a clerk, and a helper as a tool of his."""

import asyncio

from google.adk.agents import LlmAgent
from google.adk.runners import InMemoryRunner
from google.adk.tools.agent_tool import AgentTool
from google.genai import types

from orders import MODEL, SYSTEM, TASK, helper_prompt, look_up


def lookup(order: str) -> dict:
    """Looks up the total of an order."""
    return {"result": look_up(order)}


async def main() -> None:
    helper = LlmAgent(name="delegate", model=MODEL, instruction=helper_prompt(), description="Asks the helper.", tools=[lookup])
    agent = LlmAgent(name="clerk", model=MODEL, instruction=SYSTEM, tools=[lookup, AgentTool(agent=helper)])
    runner = InMemoryRunner(agent=agent, app_name="orders")
    session = await runner.session_service.create_session(app_name="orders", user_id="someone")
    content = types.Content(role="user", parts=[types.Part(text=TASK)])
    async for event in runner.run_async(user_id="someone", session_id=session.id, new_message=content):
        if event.is_final_response() and event.content:
            print("".join(part.text or "" for part in event.content.parts))


asyncio.run(main())
