"""Google's Agent Development Kit with Gemini, its instruction a function."""

import asyncio

from google.adk.agents import LlmAgent
from google.adk.runners import InMemoryRunner
from google.genai import types

from orders import MODEL, TASK, look_up, system_with_clock


def lookup(order: str) -> dict:
    """Looks up the total of an order."""
    return {"result": look_up(order)}


async def main() -> None:
    agent = LlmAgent(
        name="clerk",
        model=MODEL,
        instruction=lambda context: system_with_clock(),
        tools=[lookup],
        generate_content_config=types.GenerateContentConfig(temperature=0.5),
    )
    runner = InMemoryRunner(agent=agent, app_name="orders")
    session = await runner.session_service.create_session(app_name="orders", user_id="someone")
    content = types.Content(role="user", parts=[types.Part(text=TASK)])
    async for event in runner.run_async(user_id="someone", session_id=session.id, new_message=content):
        if event.is_final_response() and event.content:
            print("".join(part.text or "" for part in event.content.parts))


asyncio.run(main())
