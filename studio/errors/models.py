"""Model files, the Hub that they come from, and models that are hosted there."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem(
        "model_unknown",
        404,
        "No workflow names a model file {name!r}.",
        "See the list of models, or give the address of a file on the Hugging Face Hub and a folder.",
    ),
    Problem("install_not_found", 404, "No such installation: {id}", "See the list of installations."),
    Problem(
        "models_path_unset",
        409,
        "The studio does not know where ComfyUI's models are.",
        "Set COMFYUI_MODELS_PATH to ComfyUI's models folder, or to a mount of it, and restart the studio.",
    ),
    Problem(
        "models_path_missing",
        409,
        "COMFYUI_MODELS_PATH is {path}, and there is no such folder.",
        "Mount it or correct the setting.",
    ),
    Problem(
        "model_folder",
        422,
        "{folder}/{name} is not a place below the models folder.",
        "Give a folder such as checkpoints or loras, and a plain file name.",
    ),
    Problem(
        "model_type",
        422,
        "{folder} is no folder for models of the type {type}.",
        "Leave the type out, or name one that fits the folder.",
    ),
    Problem(
        "model_address",
        422,
        "{address} is not the address of a file on the Hugging Face Hub.",
        "Copy the link of the file there: https://huggingface.co/OWNER/REPOSITORY/resolve/main/FILE.safetensors",
    ),
    Problem(
        "model_format",
        422,
        "{name} is not a .safetensors file, and other formats can run code when they are opened.",
        "Look for a safetensors version, or put the file there yourself if you trust it.",
    ),
    Problem(
        "model_gated",
        403,
        "{repo} asks for its licence to be accepted first.",
        "Accept it at {hub}/{repo} and set HF_TOKEN to a token of that account, then retry.",
    ),
    Problem(
        "model_not_on_hub",
        404,
        "The Hub has no file {path} in {repo}.",
        "It may have been moved, or be private: then set HF_TOKEN. Look at {hub}/{repo}.",
    ),
    Problem(
        "model_exists",
        409,
        "{path} is there already, with other contents.",
        "Rename or remove it, or install under another name.",
    ),
    Problem("model_installed", 409, "{name} is installed already.", "Remove the file to fetch it anew."),
    Problem(
        "model_on_its_way",
        409,
        "{name} is being fetched already, as {id}.",
        "See how far it is with GET /api/models/{model_id}.",
    ),
    Problem(
        "model_damaged",
        502,
        "{name} arrived damaged: {why}.",
        "Nothing of it was kept. Retry; if it happens again, the file on the Hub is broken.",
    ),
    Problem(
        "model_disk_full",
        507,
        "{name} needs {needed_gb:.1f} GB and {folder} has {free_gb:.1f} GB left.",
        "Free some space there, then retry; what has come already is kept.",
    ),
    Problem(
        "hub_unavailable",
        503,
        "{hub} cannot be reached: {why}.",
        "Check the connection, then retry; the download goes on where it broke off.",
        retry_mends=True,
    ),
    # Hosted elsewhere.
    Problem(
        "hosted_needs_token",
        503,
        "{model} is a model of the Hugging Face Hub, and HF_TOKEN is not set.",
        "Set HF_TOKEN to a token that may call inference providers, and start the studio again.",
    ),
    Problem(
        "hosted_not_offered",
        422,
        "{model} is none of the hosted models that this studio offers: {offered}.",
        "Choose one of them, or add it to STUDIO_HF_MODELS.",
    ),
    # Spaces.
    Problem("space_unclear", 400, "{why}.", "See: python -m studio space deploy --help"),
    Problem(
        "space_refused",
        502,
        "The Hub refuses {name} (status {status}): {why}",
        "Check the name, and that HF_TOKEN is a token that may write there.",
    ),
    Problem(
        "space_unreachable",
        503,
        "The Hub at {endpoint} cannot be reached: {why}.",
        "Check the connection, or HF_ENDPOINT.",
    ),
)
