"""Who may import whom: a feature knows those below it, and none knows the prediction API."""

from __future__ import annotations

import pytest

from tests.structure.source import FEATURES, ROOT, feature, imports, modules

MAY_IMPORT: dict[str, set[str]] = {
    "accounts": set(),
    "workspaces": {"accounts"},
    "gateway": {"apikeys", "workspaces", "accounts"},
    "apikeys": {"workspaces", "accounts"},
    "flows": {"gateway", "workspaces", "accounts"},
    "prediction": {"flows", "gateway", "apikeys", "workspaces", "accounts"},
}


def reached(module: str) -> set[str]:
    """The features that a module imports, also through modules that belong to none."""
    seen, waiting, features = {module}, [module], set()
    while waiting:
        for imported in imports(waiting.pop()) - seen:
            seen.add(imported)
            if found := feature(imported):
                features.add(found)
            # The package itself only puts everything together; importing a part of it is not using it all.
            elif imported != "forjinn":
                waiting.append(imported)
    return features


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_imports_only_what_stands_below_it(name: str) -> None:
    too_much = {
        module: surplus
        for module in modules()
        if feature(module) == name and (surplus := reached(module) - MAY_IMPORT[name] - {name})
    }
    assert too_much == {}


def test_the_walk_sees_the_imports_that_are_there() -> None:
    assert reached("forjinn.flows.nodes.llm") == {"flows", "gateway"}
    assert reached("forjinn.prediction.access") >= {"apikeys", "flows"}
    assert "prediction" in reached("forjinn.problems")


def test_every_folder_is_a_feature_that_has_its_rule() -> None:
    folders = {file.parent.name for file in (ROOT / "forjinn").glob("*/__init__.py")}
    # The bridge carries requests of the server, and knows nothing of the product.
    assert folders - {"bridge"} == set(FEATURES) == set(MAY_IMPORT)
    assert [module for module in modules() if module.startswith("forjinn.bridge") and reached(module)] == []
