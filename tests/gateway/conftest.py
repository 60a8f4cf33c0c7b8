from __future__ import annotations

from tests.providers import llm_flow as llm_flow
from tests.providers import model as model
from tests.providers import provider as provider
