"""A loop over Google's GenAI SDK, which runs the tool by itself unless told not to."""

import os

from google import genai
from google.genai import types

from orders import MODEL, SYSTEM, TASK, look_up

client = genai.Client(api_key=os.environ["GEMINI_API_KEY"], http_options={"base_url": os.environ["GOOGLE_GEMINI_BASE_URL"]})


def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


config = types.GenerateContentConfig(
    system_instruction=SYSTEM,
    temperature=0.5,
    tools=[lookup],
    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=not os.environ.get("LAB_AUTOMATIC")),
)
contents = [types.Content(role="user", parts=[types.Part(text=TASK)])]


def ask():
    if not os.environ.get("LAB_STREAM"):
        return client.models.generate_content(model=MODEL, contents=contents, config=config).candidates[0].content.parts
    return [
        part
        for chunk in client.models.generate_content_stream(model=MODEL, contents=contents, config=config)
        for part in chunk.candidates[0].content.parts
    ]


while True:
    parts = ask()
    contents.append(types.Content(role="model", parts=parts))
    calls = [part.function_call for part in parts if part.function_call]
    if not calls:
        print("".join(part.text or "" for part in parts if not part.thought))
        break
    results = []
    for call in calls:
        try:
            response = {"result": look_up(**call.args)}
        except ValueError as problem:
            response = {"error": str(problem)}
        results.append(types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response=response)))
    contents.append(types.Content(role="user", parts=results))
