"""Claude Agent SDK with a tool of its own (an MCP server in the process)."""

import asyncio

from claude_agent_sdk import ClaudeAgentOptions, ResultMessage, create_sdk_mcp_server, query, tool

from orders import MODEL, SYSTEM, TASK, look_up


@tool("lookup", "Looks up the total of an order.", {"order": str})
async def lookup(arguments: dict) -> dict:
    return {"content": [{"type": "text", "text": look_up(arguments["order"])}]}


async def main() -> None:
    options = ClaudeAgentOptions(
        system_prompt=SYSTEM,
        model=MODEL,
        mcp_servers={"orders": create_sdk_mcp_server("orders", tools=[lookup])},
        allowed_tools=["mcp__orders__lookup"],
        tools=[],
        setting_sources=[],
        max_turns=20,
    )
    async for message in query(prompt=TASK, options=options):
        if isinstance(message, ResultMessage):
            print(message.result)


asyncio.run(main())
