"""Flow files as they come from elsewhere: in another style, with members that we do not know."""

from __future__ import annotations

import json

# As the editor writes it: indented, each node with what the editor remembers of it.
EDITOR = """{
    "description": "An item a round",
    "usecases": ["Agent"],
    "nodes": [
        {
            "id": "startAgentflow_0",
            "type": "agentFlow",
            "position": {
                "x": -157.7434917749852,
                "y": 100.77695246750446
            },
            "data": {
                "id": "startAgentflow_0",
                "label": "Start",
                "version": 1.1,
                "name": "startAgentflow",
                "color": "#7EE787",
                "inputs": { "startInputType": "chatInput", "startState": "" },
                "outputAnchors": [
                    { "id": "startAgentflow_0-output-startAgentflow", "name": "startAgentflow" }
                ],
                "outputs": {},
                "selected": false
            },
            "width": 101,
            "height": 65,
            "positionAbsolute": { "x": -157.7434917749852, "y": 100.77695246750446 },
            "dragging": false
        },
        {
            "id": "iterationAgentflow_0",
            "position": { "x": -13.75, "y": 8.5 },
            "data": {
                "id": "iterationAgentflow_0",
                "label": "Iteration 0",
                "name": "iterationAgentflow",
                "color": "#9C89B8",
                "inputs": { "iterationInput": "<p>[{\\"item\\": \\"abc\\"}]</p>" },
                "outputAnchors": [
                    { "id": "iterationAgentflow_0-output-iterationAgentflow", "name": "iterationAgentflow" }
                ]
            },
            "type": "iteration",
            "width": 481,
            "height": 250,
            "positionAbsolute": { "x": -13.75, "y": 8.5 },
            "style": { "width": 481, "height": 250 },
            "resizing": false
        },
        {
            "id": "directReplyAgentflow_0",
            "position": { "x": 56, "y": 92 },
            "data": {
                "id": "directReplyAgentflow_0",
                "label": "Say it",
                "name": "directReplyAgentflow",
                "color": "#4DDBBB",
                "inputParams": [
                    {
                        "label": "Message",
                        "name": "directReplyMessage",
                        "id": "directReplyAgentflow_0-input-directReplyMessage-string"
                    }
                ],
                "inputs": { "directReplyMessage": "<p>{{$iteration.item}}</p>" }
            },
            "type": "agentFlow",
            "parentNode": "iterationAgentflow_0",
            "extent": "parent",
            "width": 191,
            "height": 71,
            "positionAbsolute": { "x": 42.25, "y": 100.5 }
        },
        {
            "id": "conditionAgentflow_0",
            "position": { "x": 509.27738295829977, "y": 97 },
            "data": {
                "id": "conditionAgentflow_0",
                "label": "Which?",
                "name": "conditionAgentflow",
                "color": "#FFB938",
                "inputs": {
                    "conditions": [
                        { "type": "string", "value1": "{{ question }}", "operation": "equal", "value2": "b" },
                        { "type": "string", "value1": "{{ question }}", "operation": "notEmpty" }
                    ]
                },
                "outputAnchors": [
                    { "id": "conditionAgentflow_0-output-0", "label": 0, "name": 0, "description": "A" },
                    { "id": "conditionAgentflow_0-output-1", "label": 1, "name": 1, "description": "B" },
                    { "id": "conditionAgentflow_0-output-2", "label": 2, "name": 2, "description": "Else" }
                ]
            },
            "type": "agentFlow"
        },
        {
            "id": "directReplyAgentflow_1",
            "position": { "x": 800, "y": 0 },
            "data": {
                "id": "directReplyAgentflow_1",
                "label": "Refund",
                "name": "directReplyAgentflow",
                "color": "#4DDBBB",
                "inputs": { "directReplyMessage": "<p>Refund</p>" }
            },
            "type": "agentFlow"
        },
        {
            "id": "directReplyAgentflow_2",
            "position": { "x": 800, "y": 200 },
            "data": {
                "id": "directReplyAgentflow_2",
                "label": "Other",
                "name": "directReplyAgentflow",
                "color": "#4DDBBB",
                "inputs": { "directReplyMessage": "<p>Something else</p>" }
            },
            "type": "agentFlow"
        }
    ],
    "edges": [
        {
            "source": "startAgentflow_0",
            "sourceHandle": "startAgentflow_0-output-startAgentflow",
            "target": "iterationAgentflow_0",
            "targetHandle": "iterationAgentflow_0",
            "data": { "sourceColor": "#7EE787", "targetColor": "#9C89B8", "isHumanInput": false },
            "type": "agentFlow",
            "id": "to-the-rounds"
        },
        {
            "source": "iterationAgentflow_0",
            "sourceHandle": "iterationAgentflow_0-output-iterationAgentflow",
            "target": "conditionAgentflow_0",
            "targetHandle": "conditionAgentflow_0",
            "type": "agentFlow",
            "id": "on"
        },
        {
            "source": "conditionAgentflow_0",
            "sourceHandle": "conditionAgentflow_0-output-0",
            "target": "directReplyAgentflow_1",
            "targetHandle": "directReplyAgentflow_1",
            "data": { "edgeLabel": "0", "isHumanInput": false },
            "type": "agentFlow",
            "id": "refund"
        },
        {
            "source": "conditionAgentflow_0",
            "sourceHandle": "conditionAgentflow_0-output-2",
            "target": "directReplyAgentflow_2",
            "targetHandle": "directReplyAgentflow_2",
            "data": { "edgeLabel": "2", "isHumanInput": false },
            "type": "agentFlow",
            "id": "else"
        }
    ],
    "viewport": { "x": 1e2, "y": 0.0, "zoom": 1.50 }
}
"""

# Nothing in it is wrong, and no writer of JSON would write it like this.
ODD = (
    '\t{"x-unknown" : [1, 1.0, 1e0, -0, 1E+2, 12345678901234567890.10, "\\u00e9\\/\\ud83d\\ude00 😀"],\r\n'
    ' "nodes":[ {"id":"startAgentflow_0","data":{"name":"startAgentflow","inputs":{}},'
    '"position":{"x":1.0,"y":1e1,"z":null}}\n\n,'
    '\t{ "id" :"llmAgentflow_0", "id": "directReplyAgentflow_0","selected":true,'
    '"data":{"name":"directReplyAgentflow","label":"a\\tb","inputs":{"directReplyMessage":"one",'
    '"directReplyMessage":"two \\u2028","n":1.50}},"position":{"x":"7","y":-0.0}} ,'
    '{"id":"directReplyAgentflow_1","data":{"name":"directReplyAgentflow",'
    '"inputs":{"directReplyMessage":"three"}}}],"nodes-not":{},'
    '"edges":[{"source":"startAgentflow_0","target":"directReplyAgentflow_0"},\n'
    '{"source":"startAgentflow_0","target":"directReplyAgentflow_1" , "animated":true}] }\n\n'
)
WITHOUT_EDGES = json.dumps(
    {
        "nodes": [
            {"id": "startAgentflow_0", "data": {"name": "startAgentflow"}},
            {
                "id": "directReplyAgentflow_0",
                "data": {"name": "directReplyAgentflow", "inputs": {"directReplyMessage": "hi"}},
            },
        ]
    }
)
COMPACT = json.dumps(json.loads(EDITOR), separators=(",", ":"))
ALL = {"editor": EDITOR, "odd": ODD, "without edges": WITHOUT_EDGES, "compact": COMPACT}
