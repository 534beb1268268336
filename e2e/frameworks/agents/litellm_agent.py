"""A loop over litellm.completion: `--model PROVIDER/NAME`."""

import json

import litellm

from orders import MODEL, SYSTEM, TASK, look_up

litellm.suppress_debug_info = True
parameters = {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}
tools = [{"type": "function", "function": {"name": "lookup", "description": "Looks up the total of an order.", "parameters": parameters}}]
messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": TASK}]
while True:
    message = litellm.completion(model=MODEL, messages=messages, tools=tools, temperature=0.5).choices[0].message
    messages.append(message.model_dump())
    if not message.tool_calls:
        print(message.content)
        break
    for call in message.tool_calls:
        result = look_up(json.loads(call.function.arguments)["order"])
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
