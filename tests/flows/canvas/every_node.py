"""A flow with a node of each type, as the format's editors of several years would have written it."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from tests.samples import node

OTHER = "11111111-2222-4333-8444-555555555555"
CONFIG = {
    "credential": "",
    "modelName": "gpt-4o-mini",
    "temperature": 0.9,
    "streaming": True,
    "maxTokens": "100",
    "topP": "",
    "frequencyPenalty": 1,
    "presencePenalty": 0.5,
    "basepath": "https://models.example.com",
}
STATE = [{"key": "name", "value": "Anna", "kept": 1.50}]
TALKING = {
    "Model": "chatOpenAI",
    "ModelConfig": CONFIG,
    "Messages": [
        {"role": "system", "content": "<p>Be brief.</p><p>Be kind.</p>", "id": "a"},
        {"role": "user", "content": "One\r\ntwo"},
    ],
    "EnableMemory": True,
    "MemoryType": "windowSize",
    "MemoryWindowSize": "20",
    "UserMessage": '<p><span class="variable" data-id="question">{{ question }}</span> </p>',
    "ReturnResponseAs": "userMessage",
    "StructuredOutput": json.dumps(
        [
            {"key": "mood", "type": "enum", "enumValues": "good, bad", "description": "How it is"},
            {
                "key": "list",
                "type": "jsonArray",
                "jsonSchema": '{"a": {"type": "string"}}',
                "description": "",
            },
        ],
        separators=(",", ":"),
    ),
    "UpdateState": [{"key": "name", "value": "<p>{{ output }}</p>"}],
    "SomethingNew": {"of": [1, 2.50]},
}
TOOLS = [
    {
        "agentSelectedTool": "requestsPost",
        "agentSelectedToolConfig": {
            "agentSelectedTool": "requestsPost",
            "requestsPostUrl": "<p>https://api.example.com/orders</p>",
            "requestsPostName": "order",
            "requestsPostDescription": "Orders",
            "requestsPostHeaders": '{"Authorization": "Bearer s3cret-of-the-tool"}',
            "requestsPostBody": {"fixed": 1},
            "requestsPostBodySchema": '{"what": {"type": "string"}}',
            "requestsPostQueryParamsSchema": "",
            "requestsPostMaxOutputLength": 500,
        },
        "agentSelectedToolRequiresHumanInput": True,
    },
    {
        "agentSelectedTool": "ChatflowTool",
        "agentSelectedToolConfig": {
            "selectedChatflow": OTHER,
            "name": "ask",
            "description": "Asks",
            "customInput": "",
            "useQuestionFromChat": False,
            "startNewSession": "true",
        },
    },
]
CONDITIONS = [
    {"type": "string", "value1": "<p>{{ question }}</p>", "operation": "contains", "value2": "refund"},
    {"type": "number", "value1": 3, "operation": "larger", "value2": 2.5},
]
HTTP = {
    "method": "post",
    "url": "https://user:s3cret-of-the-url@api.example.com/{{ question }}?key=s3cret-of-the-query",
    "headers": [
        {"key": "X-Api-Key", "value": "s3cret-of-the-header"},
        {"key": "Accept", "value": "text/plain"},
    ],
    "queryParams": '[{"key":"page","value":1}]',
    "bodyType": "json",
    "body": '{"password": "s3cret-of-the-body"}',
    "responseType": "json",
    "timeout": 30,
    "FLOWISE_CREDENTIAL_ID": "4711",
}
INPUTS: dict[str, dict[str, Any]] = {
    "startAgentflow": {
        "startInputType": "formInput",
        "formTitle": "Order",
        "formDescription": "",
        "formInputTypes": [
            {
                "type": "options",
                "label": "Size",
                "name": "size",
                "addOptions": [{"option": "S"}, {"option": "M"}],
            }
        ],
        "startEphemeralMemory": "",
        "startState": STATE,
        "startPersistState": "true",
    },
    "llmAgentflow": {f"llm{name}": value for name, value in TALKING.items()},
    "agentAgentflow": {f"agent{name}": value for name, value in TALKING.items()}
    | {"agentTools": TOOLS, "agentKnowledgeDocumentStores": [{"documentStore": "x"}]},
    "conditionAgentflow": {"conditions": CONDITIONS},
    "conditionAgentAgentflow": {
        "conditionAgentModel": "small",
        "conditionAgentInstructions": "Sort it.",
        "conditionAgentInput": "{{ question }}",
        "conditionAgentScenarios": [{"scenario": "An order"}, {"scenario": "Else"}],
        "conditionAgentOverrideSystemPrompt": True,
        "conditionAgentSystemPrompt": "Choose.",
    },
    "httpAgentflow": HTTP,
    "loopAgentflow": {
        "loopBackToNode": "llmAgentflow_0-llmAgentflow",
        "maxLoopCount": 3,
        "fallbackMessage": "Enough",
        "loopUpdateState": "",
    },
    "iterationAgentflow": {"iterationInput": ["a", "b"]},
    "executeFlowAgentflow": {
        "executeFlowSelectedFlow": OTHER,
        "executeFlowInput": "",
        "executeFlowReturnResponseAs": "assistantMessage",
        "executeFlowUpdateState": [],
    },
    "directReplyAgentflow": {"directReplyMessage": "<p>Thank you</p>"},
    "stickyNoteAgentflow": {"note": "\n To do\n"},
    "strangeAgentflow": {"strange": "kept"},
}


def _drawn() -> str:
    nodes = [node(name, name, inputs) for name, inputs in INPUTS.items()]
    inside = node("directReplyAgentflow", "Inside", {"directReplyMessage": "{{ $iteration }}"}, 1)
    nodes.append(inside | {"parentNode": "iterationAgentflow_0"})
    followed = ("startAgentflow", "llmAgentflow", "agentAgentflow", "httpAgentflow", "loopAgentflow")
    edges = [
        {"id": f"e{number}", "source": f"{one}_0", "target": f"{other}_0"}
        for number, (one, other) in enumerate(pairwise(followed))
    ]
    return json.dumps({"nodes": nodes, "edges": edges, "viewport": {"zoom": 1.0}}, indent=1)


EVERY_NODE = _drawn()
