"""Members of a body by which a caller steers a proxy behind the gateway, and not the model.

A LiteLLM proxy obeys them, and other proxies have learnt from it. They are told by their names. Sources:
LiteLLM's request parameters (`all_litellm_params`, `GenericLiteLLMParams`, the callbacks' parameters, and
what its own proxy refuses), and OpenRouter's `models`.
"""

from __future__ import annotations

import re


def split_names(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Where a request goes, as whom, or what is run or charged for it: no admin can allow these.
PLACES = split_names(
    """
    allowed_model_region api_base api_endpoint api_key api_type api_version authorization auth_token azure
    base_model base_url client client_id client_secret configurable_clientside_auth_params
    content_policy_fallbacks context_window_fallback_dict context_window_fallbacks credential credentials
    custom_llm_provider custom_provider default_fallbacks default_headers deployment_id deployment_url
    endpoint endpoint_url environment_variables extra_body extra_headers extra_query fallback_models fallbacks
    headers hf_model_name host http_client model_config model_file_id_mapping model_group model_id model_info
    model_list models organization prompt_management provider_specific_header project_id proxies proxy
    proxy_server_request region_name secret_fields ssl_certificate ssl_verify tenant_id use_client
    use_in_pass_through use_litellm_proxy use_xai_oauth user_config
    """
)
PLACE_BEGINNINGS = tuple(
    split_names(
        """
    adaptive_router_ anthropic_api_ arize_ auto_router_ aws_ azure_ bedrock_ braintrust_ clientside_
    cloudflare_ complexity_router_ databricks_ dd_ gcs_ google_cloud_ gemini_api_ gradient_ humanloop_
    langfuse_ langsmith_ langtrace_ litellm_ logfire_ lunary_ milvus_ oci_ openai_api_ opik_ otel_ phoenix_
    posthog_ quality_router_ router_ s3_ sagemaker_ sap_ slack_ snowflake_ user_api_key valkey_ vertex_
    vertexai_ wandb_ watsonx_ weave_
    """
    )
)
PLACE_ENDINGS = (
    "_access_key",
    "_api_base",
    "_api_key",
    "_base_url",
    "_endpoint_url",
    "_public_key",
    "_secret",
    "_secret_key",
    "_webhook_url",
)

# How a proxy handles a request: its guards, logs, cache, retries and prices. An admin may allow these.
HANDLING = split_names(
    """
    additional_drop_params allow_client_keepalive_override allowed_openai_params assistant_continue_message
    budget_duration cache cache_control_injection_points cache_key caching caching_groups callbacks
    cooldown_time disable_fallbacks disable_global_guardrail disable_global_guardrails drop_params
    enforced_params ensure_alternating_roles fallback_depth fastest_response force_timeout guardrail
    guardrail_config guardrails keepalive_seconds knowledge_bases logger_fn max_budget max_fallbacks
    max_parallel_requests max_retries merge_reasoning_content_in_choices modify_params no_cache no_log
    no_store num_retries opted_out_global_guardrails policies preset_cache_key prompt_id prompt_label
    prompt_variables prompt_version request_timeout retry_policy retry_strategy rpm spend_logs_metadata
    stream_timeout tag_regex tags timeout tpm ttl turn_off_message_logging use_chat_completions_api
    use_redis_cache user_continue_message vector_store_ids
    """
)
HANDLING_BEGINNINGS = ("guardrail_", "guardrails_", "mock_")
HANDLING_ENDINGS = ("_callback", "_callbacks")

# Words that OpenAI's users give their own `metadata`; there only a LiteLLM proxy takes them as orders.
COMMON_WORDS = frozenset({"cache", "client", "client_id", "host", "model_id", "organization", "project_id"})
COMMON_WORDS |= {"policies", "prompt_id", "prompt_version", "tags", "tenant_id", "timeout", "ttl"}

HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def chooses_place(name: str) -> bool:
    """Whether a caller could choose by it where a request goes, as whom, or by which model."""
    return any(
        form in PLACES or form.startswith(PLACE_BEGINNINGS) or form.endswith(PLACE_ENDINGS)
        for form in _forms(name)
    )


def steers(name: str) -> bool:
    """Whether a proxy takes it as an order, whatever its case."""
    return chooses_place(name) or any(
        form in HANDLING
        or form.startswith(HANDLING_BEGINNINGS)
        or form.endswith(HANDLING_ENDINGS)
        or "_cost_per_" in form
        for form in _forms(name)
    )


def is_common_word(name: str) -> bool:
    return name.casefold() in COMMON_WORDS


def _forms(name: str) -> set[str]:
    """In small letters with underscores: `API-Base` and `apiBase` are `api_base`."""
    return {_plain(name), _plain(HUMP.sub("_", name))}


def _plain(name: str) -> str:
    return name.strip().casefold().replace("-", "_").replace(".", "_").replace(" ", "_")
