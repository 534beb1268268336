"""A loop over the OpenAI SDK's responses. LAB_STORED: only what is new is sent, the server keeps the rest."""

import json
import os

from openai import OpenAI

from orders import MODEL, SYSTEM, TASK, image_url, look_up

client = OpenAI()
is_stored = bool(os.environ.get("LAB_STORED"))
parameters = {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}
tools = [{"type": "function", "name": "lookup", "description": "Looks up the total of an order.", "parameters": parameters}]
content = [{"type": "input_text", "text": TASK}]
if os.environ.get("LAB_IMAGE"):
    content.append({"type": "input_image", "image_url": image_url()})
items = [{"role": "user", "content": content}]
previous = {}


def ask():
    request = {"model": MODEL, "instructions": SYSTEM, "input": items, "tools": tools, **previous}
    if not os.environ.get("LAB_STREAM"):
        return client.responses.create(**request)
    with client.responses.stream(**request) as stream:
        for _ in stream:
            pass
        return stream.get_final_response()


while True:
    response = ask()
    if is_stored:
        previous, items = {"previous_response_id": response.id}, []
    else:
        items += [item.to_dict() for item in response.output]
    calls = [item for item in response.output if item.type == "function_call"]
    if not calls:
        print(response.output_text)
        break
    for call in calls:
        try:
            result = look_up(**json.loads(call.arguments))
        except ValueError as problem:
            result = str(problem)
        items.append({"type": "function_call_output", "call_id": call.call_id, "output": result})
