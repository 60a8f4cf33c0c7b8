"""The model of a node, and its settings."""

from __future__ import annotations

from forjinn import names
from forjinn.flows.canvas.fields.base import Field, Group, Path, Place
from forjinn.flows.canvas.fields.values import NUMBER, WHOLE, Choice, Option, Switch
from forjinn.flows.nodes.base import text_of
from forjinn.flows.nodes.model import NAMES

# The format's names of one setting; the last one that is not empty counts.
MOST_TOKENS = ("maxTokens", "maxOutputTokens", "maxTokensToSample")
OTHERWISE = "not registered"


def settings(inputs: Place, prefix: str) -> Group:
    config = inputs.within(f"{prefix}ModelConfig")
    tokens = next((one for one in reversed(MOST_TOKENS) if _is_set(config, one)), None)
    tokens = tokens or next((one for one in MOST_TOKENS if one in config.members), MOST_TOKENS[0])
    fields = (
        config.field("temperature", "Temperature", NUMBER),
        config.field(tokens, "Max tokens", WHOLE),
        config.field("topP", "Top P", NUMBER),
        config.field("frequencyPenalty", "Frequency penalty", NUMBER),
        config.field("presencePenalty", "Presence penalty", NUMBER),
        config.field("streaming", "Stream the answer", Switch(default=True)),
    )
    return Group("Model settings", fields, is_grid=True)


def _is_set(config: Place, name: str) -> bool:
    return config.members.get(name) not in (None, "")


def model(inputs: Place, prefix: str) -> Field:
    """The node's model. Of the names that the format gives it, the one that counts is changed."""
    config = inputs.within(f"{prefix}ModelConfig")
    named = next((one for one in NAMES if config.text(one).strip()), None)
    if named is None and config.members:
        # What the input names then is only the kind of provider, for the format's own editor.
        named = "modelName"
    member: Path = (*config.path, named) if named else (*inputs.path, f"{prefix}Model")
    value = config.members.get(named) if named else inputs.members.get(f"{prefix}Model")
    if not text_of(value).strip():
        value = inputs.members.get(f"{prefix}Model")
    kind = Choice(_options(inputs, text_of(value).strip()), "Choose a model", OTHERWISE, read=str.strip)
    return Field(f"{prefix}Model", "Model", member, kind, value)


def _options(inputs: Place, current: str) -> list[Option]:
    """The registered models. Names are the same whatever their case: the file's spelling stays."""
    same = names.folded(current)
    spelled = (current if names.folded(one) == same else one for one in inputs.around.models)
    return [(one, one) for one in spelled]
