"""Members by which a caller would steer a proxy are refused by name; what a model needs passes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from openai.types import completion_create_params, embedding_create_params
from openai.types.chat import completion_create_params as chat_params
from openai.types.responses import response_create_params

from forjinn.flows.models import Flow
from forjinn.gateway.api.openai_members import OPENAI_MEMBERS
from forjinn.gateway.models import LITELLM, OPENAI
from forjinn.gateway.steering import split_names, steers
from tests.calls import Sql, ask
from tests.commands import done, run
from tests.commands import refused as refused_command
from tests.gateway.calling import Gateway, refused
from tests.providers import Provider

ENDPOINTS = ("chat/completions", "completions", "responses", "embeddings")
STEERING = sorted(
    split_names("""
    api_base API_BASE Api_Base apiBase api-base base_url baseUrl api_key api_version api_type organization
    aws_access_key_id aws_sts_endpoint aws_bedrock_runtime_endpoint AWS_Region_Name aws_role_name
    vertex_project vertex_credentials vertex_ai_location sagemaker_base_url s3_endpoint_url s3_bucket_name
    azure_ad_token azure_endpoint azure_username watsonx_region_name gcs_bucket_name region_name
    deployment_url proxy proxies ssl_verify client tenant_id client_secret extra_body extra_headers
    extra_query headers custom_llm_provider litellm_params litellm_metadata litellm_credential_name
    litellm_session_id fallbacks context_window_fallbacks content_policy_fallbacks model_list models
    user_config model_info router_settings_override auto_router_config mock_response mock_timeout
    mock_tool_calls mock_testing_fallbacks guardrails guardrail_config disable_global_guardrails policies
    callbacks success_callback failure_callback service_callback langfuse_host langfuse_public_key
    langsmith_api_key langsmith_base_url arize_api_key posthog_host braintrust_host slack_webhook_url
    dd_agent_host turn_off_message_logging timeout stream_timeout request_timeout num_retries max_retries
    retry_policy cache caching cache_key preset_cache_key ttl no-log no_log tags tag_regex drop_params
    additional_drop_params allowed_openai_params prompt_id prompt_variables input_cost_per_token
    output_cost_per_token cache_read_input_token_cost_per_second rpm tpm max_budget use_litellm_proxy
    provider_specific_header proxy_server_request user_api_key_dict secret_fields vector_store_ids
    knowledge_bases cache_control_injection_points max_fallbacks disable_fallbacks
    """)
)
# What other servers take beyond OpenAI's, and what only looks like an order.
FURTHER = (
    "top_k",
    "min_p",
    "chat_template_kwargs",
    "guided_json",
    "cache_prompt",
    "x" * 200,
    "tagset",
    "proxied",
)


@pytest.fixture(params=[OPENAI, LITELLM])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_steers_a_proxy_is_refused_by_name_and_costs_nothing(
    kind: str, gateway: Gateway, provider: Provider, sql: Sql, subtests: pytest.Subtests
) -> None:
    gateway.add("small", provider.url, kind=kind)
    key = gateway.new_key("Careful", budget_tokens=100_000, tokens_per_minute=100_000)
    for number, name in enumerate(STEERING):
        with subtests.test(name):
            path = ENDPOINTS[number % len(ENDPOINTS)]
            body: dict[str, Any] = {name: "http://evil.example", "stream": bool(number % 2)}
            answer = gateway.post(path, key=key, **body)
            assert name in refused(answer, 400, "forbidden_parameter")
            assert answer.json["error"]["param"] == name
    assert provider.received == []
    assert sql("SELECT tokens FROM gateway_minutes") == []
    assert sql("SELECT 1 FROM gateway_reservations") == []


def test_what_steers_a_proxy_within_the_metadata_is_refused(
    kind: str, gateway: Gateway, provider: Provider, subtests: pytest.Subtests
) -> None:
    gateway.add("small", provider.url, kind=kind)
    for name in ("guardrails", "Guardrails", "litellm_params", "langfuse_host", "mock_response", "no-log"):
        for metadata in ({name: "x"}, {"inner": {name: ["x"]}}, {"inner": [{name: "x"}]}):
            with subtests.test(str(metadata)):
                answer = gateway.post(metadata=metadata)
                assert answer.status_code == 400
                assert answer.json["error"]["param"].startswith("metadata")
    refused(gateway.post(metadata=json.dumps({"guardrails": []})), 400, "invalid_request")
    assert provider.received == []
    assert gateway.post(metadata={"purpose": "a test"}).status_code == 200
    assert gateway.post(metadata=None).status_code == 200


def test_a_litellm_proxys_own_tools_and_environment_are_out_of_reach(
    gateway: Gateway, provider: Provider
) -> None:
    gateway.add("small", provider.url, kind=LITELLM)
    tool = {"type": "mcp", "server_label": "x", "server_url": "litellm_proxy/mcp/github"}
    refused(gateway.post("responses", input="hi", tools=[tool], messages=None), 400, "unknown_parameter")
    answer = gateway.post(tools=[tool])
    refused(answer, 400, "forbidden_parameter")
    assert answer.json["error"]["param"] == "tools.server_url"
    refused(gateway.post(metadata={"x": "os.environ/DATABASE_URL"}), 400, "invalid_request")
    assert provider.received == []


def test_a_litellm_proxy_is_sent_what_openai_takes_and_nothing_else(
    gateway: Gateway, provider: Provider, subtests: pytest.Subtests
) -> None:
    gateway.add("small", provider.url, kind=LITELLM)
    for path, names in OPENAI_MEMBERS.items():
        body = dict.fromkeys(sorted(names - {"model"})) | {"model": "small"}
        with subtests.test(path):
            assert gateway.send(json.dumps(body).encode(), path).status_code == 200
        for name in (*FURTHER, "logit-bias", "messages ", *(names.union(*OPENAI_MEMBERS.values()) - names)):
            with subtests.test(f"{path}: {name[:20]}"):
                answer = gateway.send(json.dumps({"model": "small", name: None}).encode(), path)
                refused(answer, 400, "unknown_parameter")
                assert answer.json["error"]["param"] == name
    assert len(provider.received) == len(OPENAI_MEMBERS)


def test_elsewhere_unknown_members_survive(gateway: Gateway, provider: Provider) -> None:
    gateway.add("small", provider.url)
    further: dict[str, Any] = dict.fromkeys(FURTHER, "x")
    for path in ENDPOINTS:
        assert gateway.post(path, **further).status_code == 200
        assert further.items() <= provider.received[-1].items()


def test_members_in_another_case_are_not_taken_by_servers_that_ignore_it(
    gateway: Gateway, provider: Provider, subtests: pytest.Subtests
) -> None:
    gateway.add("small", provider.url)
    for name in ("Model", "MAX_TOKENS", "Max_Completion_Tokens", "N", "Best_Of", "STREAM", "meſsages"):
        with subtests.test(name):
            answer = gateway.post(**{name: 2})
            assert (answer.status_code, answer.json["error"]["param"]) == (400, name)
    assert gateway.send(b'{"model":"small","seed":1,"Seed":2}').status_code == 400
    assert gateway.send(b'{"model":"small","seed":1,"seed":2}').status_code == 400
    assert provider.received == []


def test_an_admin_allows_members_for_a_model_but_none_that_choose_a_place(
    app: Flask, gateway: Gateway, provider: Provider
) -> None:
    where = ("--workspace", "production")
    add = ("models", "add", "small", *where, "--base-url", provider.url, "--upstream", "up", "--kind")
    done(app, *add, "litellm", "--allow-member", "top_k", "--allow-member", "guardrails")
    assert gateway.post(top_k=4, guardrails=["strict"]).status_code == 200
    assert provider.received[-1]["guardrails"] == ["strict"]
    refused(gateway.post(min_p=0.1), 400, "unknown_parameter")
    for name in ("api_base", "aws_role_name", "Extra_Body", "fallbacks"):
        said = refused_command(run(app, "models", "allow", "small", name, *where))
        assert f"{name} cannot be allowed" in said
    for name in ("a b", "ä", "x" * 65):
        assert "member's name" in refused_command(run(app, "models", "allow", "small", name, *where))
    done(app, "models", "allow", "small", "min_p", *where)
    assert gateway.post(min_p=0.1).status_code == 200
    refused(gateway.post(top_k=4), 400, "unknown_parameter")
    [row] = json.loads(done(app, "models", "list", *where, "--json"))
    assert (row["kind"], row["allowed_members"]) == ("litellm", ["min_p"])


def test_a_member_must_suit_every_upstream_that_may_answer(gateway: Gateway, provider: Provider) -> None:
    gateway.add("small", provider.url)
    assert gateway.post(top_k=1).status_code == 200
    gateway.add("small", provider.url, kind=LITELLM, further=True)
    refused(gateway.post(top_k=1), 400, "unknown_parameter")


def test_what_a_flow_sends_is_what_openai_takes(
    app: Flask, provider: Provider, llm_flow: Flow, client: Any, production_key: str
) -> None:
    assert ask(client, llm_flow.id, production_key).status_code == 200
    assert provider.received[-1].keys() <= OPENAI_MEMBERS["chat/completions"]


def test_nothing_that_openai_takes_steers_a_proxy() -> None:
    assert [name for name in frozenset().union(*OPENAI_MEMBERS.values()) if steers(name)] == []


def test_the_lists_have_what_openais_package_sends() -> None:
    sends = {
        "chat/completions": chat_params.CompletionCreateParamsBase,
        "completions": completion_create_params.CompletionCreateParamsBase,
        "responses": response_create_params.ResponseCreateParamsBase,
        "embeddings": embedding_create_params.EmbeddingCreateParams,
    }
    for path, parameters in sends.items():
        assert parameters.__annotations__.keys() <= OPENAI_MEMBERS[path]
