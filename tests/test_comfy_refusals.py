"""A refused graph becomes a sentence that names node, input and value, and says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from studio.comfy.info import ObjectInfo
from studio.comfy.refusals import graph_refused
from studio.errors import StudioError
from tests.fake_comfy import INFO

GRAPH = {
    "3": {"class_type": "KSampler", "inputs": {"steps": 0, "sampler_name": "bogus"}},
    "4": {
        "class_type": "CheckpointLoaderSimple",
        "inputs": {"ckpt_name": "missing.safetensors"},
        "_meta": {"title": "The model"},
    },
    "5": {"inputs": {}},
}


def refusal(node_id: str, class_type: str, *errors: dict[str, Any]) -> dict[str, Any]:
    return {
        "error": {
            "type": "prompt_outputs_failed_validation",
            "message": "Prompt outputs failed validation",
            "details": "",
            "extra_info": {},
        },
        "node_errors": {
            node_id: {"errors": list(errors), "dependent_outputs": ["9"], "class_type": class_type}
        },
    }


def complaint(
    kind: str, text: str, details: str, name: str, config: Any = None, received: Any = None, **extra: Any
) -> dict[str, Any]:
    info = {"input_name": name, "input_config": config, "received_value": received} | extra
    return {"type": kind, "message": text, "details": details, "extra_info": info}


def whole(kind: str, text: str, details: str = "") -> dict[str, Any]:
    return {
        "error": {"type": kind, "message": text, "details": details, "extra_info": {}},
        "node_errors": {},
    }


def read(body: dict[str, Any]) -> StudioError:
    error = graph_refused(body, GRAPH, ObjectInfo(INFO))
    assert error.code == "graph_refused"
    assert error.status == 422
    return error


def test_a_model_that_is_not_there() -> None:
    error = read(
        refusal(
            "4",
            "CheckpointLoaderSimple",
            complaint(
                "value_not_in_list",
                "Value not in list",
                "ckpt_name: 'missing.safetensors' not in ['random_sd15.safetensors']",
                "ckpt_name",
                [["random_sd15.safetensors"], {"tooltip": "The name of the checkpoint."}],
                "missing.safetensors",
            ),
        )
    )
    assert error.message == (
        "ComfyUI refused the graph: “The model” (CheckpointLoaderSimple, node 4): "
        "ckpt_name is 'missing.safetensors', which is not in this server's list."
    )
    assert error.hint == (
        "Install missing.safetensors into models/checkpoints of that server, "
        "or choose one of: random_sd15.safetensors."
    )
    assert error.facts["complaints"][0]["kind"] == "missing_model"
    assert error.facts["received"] == "missing.safetensors"


def test_a_model_where_the_server_has_none() -> None:
    config = ["COMBO", {"options": []}]
    error = graph_refused(
        refusal(
            "7",
            "UpscaleModelLoader",
            complaint("value_not_in_list", "Value not in list", "", "model_name", config, "8x.pth"),
        ),
        {},
    )
    assert error.hint == "Install 8x.pth into models/upscale_models of that server; it has no other."


def test_several_complaints_and_a_list_too_long_to_be_told() -> None:
    error = read(
        refusal(
            "3",
            "KSampler",
            complaint(
                "value_smaller_than_min",
                "Value 0 smaller than min of 1",
                "steps",
                "steps",
                ["INT", {"default": 20, "min": 1, "max": 10000}],
                0,
            ),
            complaint(
                "value_not_in_list",
                "Value not in list",
                "sampler_name: 'hein' not in (list of length 42)",
                "sampler_name",
                None,
                "hein",
            ),
        )
    )
    assert "KSampler (node 3): steps is 0, less than 1 (and 1 more complaint)." in error.message
    assert error.hint == "Set steps to 1 or more."
    second = error.facts["complaints"][1]
    assert second["remedy"] == "Choose one of: heun, euler, ddim"


def test_a_missing_input() -> None:
    missing = {
        "type": "required_input_missing",
        "message": "Required input is missing",
        "details": "model",
        "extra_info": {"input_name": "model"},
    }
    error = read(refusal("3", "KSampler", missing))
    assert "the input model is missing" in error.message
    assert "Connect or fill model" in error.hint


@pytest.mark.parametrize("kind", ["invalid_prompt", "missing_node_type"])
def test_a_node_that_the_server_lacks(kind: str) -> None:
    body = whole(kind, "Cannot execute because node IPAdapterAdvanced does not exist.", "Node ID '#1'")
    error = read(body)
    assert error.message == (
        "ComfyUI refused the graph: it has no node IPAdapterAdvanced, which node 1 of the graph needs."
    )
    assert "ComfyUI_IPAdapter_plus" in error.hint
    assert error.facts["node_type"] == "IPAdapterAdvanced"


def test_the_newer_wording_of_a_missing_node() -> None:
    body = whole("missing_node_type", "Node 'Other' not found. The custom node may not be installed.", "#8")
    body["error"]["extra_info"] = {"node_id": "8", "class_type": "NobodyKnows", "node_title": "Other"}
    error = read(body)
    assert "it has no node NobodyKnows" in error.message
    assert "custom node that provides NobodyKnows" in error.hint


@pytest.mark.parametrize(
    ("body", "said", "remedy"),
    [
        (whole("prompt_no_outputs", "Prompt has no outputs"), "no output node", "SaveImage"),
        (whole("no_prompt", "No prompt provided", "No prompt provided"), "it got no graph", "API format"),
        (
            whole(
                "invalid_prompt",
                "Cannot execute because a node is missing the class_type property.",
                "Node ID '#5'",
            ),
            "node 5 of the graph has no class_type",
            "API format",
        ),
        ({"error": "plain words", "node_errors": []}, "plain words", "log"),
        ({"error": None, "node_errors": {"3": None}}, "gave no reason", "log"),
        (
            refusal(
                "1",
                "LoadImage",
                complaint(
                    "custom_validation_failed",
                    "Custom validation failed for node",
                    "image - Invalid image file: gone.png",
                    "image",
                    None,
                    "gone.png",
                ),
            ),
            "Invalid image file: gone.png",
            "Upload the file again",
        ),
        (
            refusal(
                "3",
                "KSampler",
                complaint(
                    "value_bigger_than_max",
                    "Value 20000 bigger than max of 10000",
                    "steps",
                    "steps",
                    ["INT", {"max": 10000}],
                    20000,
                ),
            ),
            "steps is 20000, more than 10000",
            "Set steps to 10000 or less",
        ),
        (
            refusal(
                "3",
                "KSampler",
                complaint(
                    "invalid_input_type",
                    "Failed to convert an input value to a INT value",
                    "steps, x, invalid literal",
                    "steps",
                    ["INT", {}],
                    "x",
                ),
            ),
            "steps is 'x', which cannot become INT",
            "a value of INT",
        ),
        (
            refusal(
                "3",
                "KSampler",
                complaint(
                    "return_type_mismatch",
                    "Return type mismatch between linked nodes",
                    "model, received_type(VAE) mismatch input_type(MODEL)",
                    "model",
                    ["MODEL", {}],
                    None,
                    received_type="VAE",
                    linked_node=["4", 2],
                ),
            ),
            "model is connected to an output of type VAE",
            "Connect model to a fitting output",
        ),
        (
            refusal(
                "3", "KSampler", complaint("bad_linked_input", "Bad linked input", "", "model", None, [1])
            ),
            "model is [1], which is no connection",
            "a pair of node id and output number",
        ),
        (
            refusal("3", "KSampler", complaint("dependency_cycle", "Cycle", "3 -> 4 -> 3", "model")),
            "runs in a circle",
            "Break the circle",
        ),
        (
            refusal("3", "KSampler", complaint("a_new_kind", "Something new", "of tomorrow", "model")),
            "Something new: of tomorrow",
            "log",
        ),
    ],
)
def test_every_kind_says_what_and_what_to_do(body: dict[str, Any], said: str, remedy: str) -> None:
    error = read(body)
    assert said in error.message
    assert remedy in error.hint


def test_the_cause_comes_before_its_consequences() -> None:
    body = refusal("3", "KSampler", complaint("bad_linked_input", "Bad linked input", "", "model", None, 1))
    missing = complaint(
        "value_not_in_list", "Value not in list", "", "ckpt_name", [["a.safetensors"]], "b.safetensors"
    )
    body["node_errors"]["4"] = {"errors": [missing], "class_type": "CheckpointLoaderSimple"}
    assert "ckpt_name is 'b.safetensors'" in read(body).message


def test_a_huge_value_stays_short_in_the_sentence() -> None:
    body = refusal(
        "3",
        "KSampler",
        complaint("value_not_in_list", "Value not in list", "", "sampler_name", None, "x" * 9000),
    )
    assert len(read(body).message) < 300


def test_braces_in_names_are_only_letters() -> None:
    body = whole("invalid_prompt", "Cannot execute because node {x} {0} does not exist.", "Node ID '#1'")
    error = read(body)
    assert "{x} {0}" in error.message
    assert "{x} {0}" in error.hint
