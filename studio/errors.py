"""One registry of error codes: every failure that a person may meet has a sentence, a remedy and a status."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from typing import Any


@dataclass(frozen=True)
class Problem:
    """What one error code means for people and for HTTP."""

    code: str
    status: int
    sentence: str
    hint: str
    retry_mends: bool = False  # the runner tries such a task again by itself


def _registry(*problems: Problem) -> dict[str, Problem]:
    table = {problem.code: problem for problem in problems}
    assert len(table) == len(problems), "an error code is registered twice"
    return table


REGISTRY = _registry(
    # Requests.
    Problem("invalid_json", 400, "The request body is not a JSON object: {why}.", "Send a JSON object."),
    Problem("missing_field", 400, "Required: {fields}.", "Add the missing members to the request body."),
    Problem("invalid_field", 422, "{why}", "Check the values against the documentation at /docs."),
    Problem("body_too_large", 413, "The request body is larger than {limit_mb:g} MB.", "Send less at once."),
    Problem(
        "idempotency_mismatch",
        422,
        "This idempotency key was used before with another request.",
        "Use a new key for a new request.",
    ),
    Problem(
        "not_signed_in",
        401,
        "This studio asks for a login.",
        "Open it in a browser and sign in, or send the name and the password with HTTP Basic authentication.",
    ),
    Problem(
        "foreign_origin",
        403,
        "A page of {origin} may not use this session.",
        "Add that address to ALLOWED_ORIGINS if it is yours.",
    ),
    # The edge.
    Problem("key_missing", 401, "This route asks for an API key.", "Send one in the header X-API-Key."),
    Problem("key_wrong", 401, "This API key is not known here.", "Check it against API_KEY of the studio."),
    Problem(
        "key_scope",
        403,
        "The API key {name!r} is not for these routes.",
        "Use another key, or give this one the scope {scope} in API_KEY.",
    ),
    Problem(
        "key_tries",
        429,
        "Too many wrong API keys came from your address.",
        "Wait {minutes} minutes, then send the right one.",
    ),
    Problem(
        "rate_limited",
        429,
        "Too many requests: {limit} are allowed.",
        "Wait {wait_s} seconds, then go on; every answer tells in X-RateLimit-Remaining how many are left.",
    ),
    Problem(
        "too_many_at_once",
        429,
        "{limit} requests from your address are being answered already.",
        "Wait until some of them have ended.",
    ),
    Problem(
        "body_too_slow",
        408,
        "The request body did not come in time.",
        "Send it again, over a better connection or in smaller pieces.",
    ),
    Problem(
        "rate_storage_unusable",
        500,
        "RATE_LIMIT_STORAGE_URL cannot be used: {why}.",
        "Give an address such as redis://localhost:6379/0, and run: pip install -r requirements-redis.txt",
    ),
    Problem(
        "idempotency_in_flight",
        409,
        "A request with this idempotency key is being worked on.",
        "Repeat it in a second: it then gives the job that the first one made.",
    ),
    # Things that are not there.
    Problem("job_not_found", 404, "Job not found", "Check the id, or list the jobs."),
    Problem(
        "media_not_found", 404, "Media not found", "It may have been deleted, or was too old to be kept."
    ),
    Problem("generation_not_found", 404, "Generation not found: {id}", "Check the id, or list generations."),
    Problem("file_not_found", 404, "File not found: {id}", "Upload the file again, or check its id."),
    Problem("upload_name_missing", 404, "{what} not found: {name}", "Upload it again, or check its name."),
    Problem("talk_job_missing", 404, "Job not found: {id}", "Check the job_id that the start gave."),
    Problem("output_not_found", 404, "Output not found: {name}", "Check the url in the job's outputs."),
    Problem("task_not_found", 404, "The job has no view named {name!r}.", "Name one of the job's views."),
    # Sheets.
    Problem(
        "sheet_empty",
        409,
        "The generation is {status} and has no picture that a sheet could show.",
        "Wait until a picture is finished, or choose another generation.",
    ),
    # Files.
    Problem("file_type", 400, "Invalid file type. Allowed: {allowed}", "Send a file of one of these types."),
    Problem(
        "invalid_audio",
        400,
        "Invalid audio file: {why}.",
        "Use a WAV, MP3, FLAC, OGG or M4A recording that plays elsewhere.",
    ),
    Problem(
        "audio_too_long",
        400,
        "The recording is longer than {minutes:g} minutes.",
        "Cut it into shorter pieces, or raise STUDIO_MAX_AUDIO_S.",
    ),
    Problem("invalid_video", 400, "Invalid video file: {why}.", "Use a video that plays elsewhere."),
    Problem(
        "video_too_long",
        400,
        "The video is longer than {minutes:g} minutes.",
        "Cut it into shorter pieces, or raise STUDIO_MAX_VIDEO_S.",
    ),
    Problem(
        "file_of_other_kind",
        422,
        "{name} is {found}, and {wanted} is needed there.",
        "Upload a file of that kind.",
    ),
    Problem(
        "file_too_large",
        413,
        "File too large: the limit is {limit_mb:g} MB.",
        "Compress or resize the image.",
    ),
    Problem(
        "invalid_image",
        400,
        "Invalid image file: {why}.",
        "Use a PNG, JPG or WEBP picture that opens elsewhere.",
    ),
    Problem(
        "image_dimensions",
        400,
        "Invalid image file: it is {width}x{height} pixels; each side must be {low} to {high}.",
        "Resize the picture.",
    ),
    Problem(
        "upload_malformed", 400, "The upload cannot be read: {why}.", "Send multipart/form-data with a file."
    ),
    Problem(
        "upload_missing",
        400,
        "The upload has no file part named {field!r}.",
        "Send the file as that form field.",
    ),
    Problem(
        "disk_full",
        507,
        "The disk of the studio is full.",
        "Free some space below STORAGE_PATH, then try again; nothing was half-written.",
    ),
    # Addresses that clients name.
    Problem(
        "address_refused",
        422,
        "This address is not used: {why}.",
        "Give a public http or https address.",
    ),
    Problem(
        "address_unreachable",
        502,
        "{host} did not answer: {why}.",
        "Check the address, and that the host can be reached from the studio.",
        retry_mends=True,
    ),
    Problem(
        "address_too_large", 413, "What lies there is larger than {limit_mb:g} MB.", "Use a smaller file."
    ),
    # Results in a bucket.
    Problem(
        "storage_library_missing",
        500,
        "STORAGE_URL is set, but the library for it is not installed.",
        "Run: pip install -r requirements-s3.txt",
    ),
    Problem(
        "storage_failed",
        503,
        "{store} could not be used for {key}: {why}.",
        "Check STORAGE_URL, the keys and the bucket; what is made meanwhile is kept here and copied later.",
        retry_mends=True,
    ),
    # Webhooks.
    Problem("delivery_not_found", 404, "Delivery not found: {id}", "Check the id, or list deliveries."),
    Problem(
        "delivery_under_way",
        409,
        "The delivery is being sent at this moment.",
        "Look at its attempts in a few seconds.",
    ),
    Problem(
        "webhook_secret_fixed",
        409,
        "The secret of webhooks is set by STUDIO_WEBHOOK_SECRET.",
        "Change it there: name the new one first, then the old one after a comma until all receivers know.",
    ),
    # ComfyUI and the engine.
    Problem(
        "comfyui_unavailable",
        503,
        "ComfyUI is not answering at {url}.",
        "Start ComfyUI there, or unset COMFYUI_URL to use the embedded engine.",
        retry_mends=True,
    ),
    Problem(
        "engine_unavailable",
        503,
        "The embedded engine is not ready: {why}.",
        "It starts by itself within seconds; try again, and look at the log if it does not.",
        retry_mends=True,
    ),
    Problem("workflow_unknown", 422, "There is no workflow named {name!r}.", "Choose one of: {known}."),
    Problem("workflow_broken", 500, "The workflow {name!r} cannot be used: {why}.", "Mend its files."),
    Problem(
        "workflow_impossible",
        422,
        "No server at hand can run this request: {why}.",
        "Install what is missing, choose another workflow or model, or ask for the embedded engine.",
    ),
    Problem(
        "graph_refused",
        422,
        "ComfyUI refused the graph: {why}.",
        "{remedy}",
    ),
    Problem(
        "graph_failed",
        500,
        "The graph failed in node {node_id} ({node_type}): {why}.",
        "See ComfyUI's own log.",
    ),
    Problem(
        "out_of_memory",
        500,
        "The server ran out of memory in node {node_id} ({node_type}).",
        "Choose a smaller size or fewer variants, or free memory on the server.",
        retry_mends=True,
    ),
    Problem(
        "words_refused",
        422,
        "{why}",
        "Change the description: the studio draws characters that anybody may see.",
    ),
    Problem(
        "no_face",
        422,
        "{why}",
        "Take a picture in which the face is larger or seen better, or mark its eyes and mouth.",
    ),
    Problem("sound_refused", 422, "{why}", "Use a recording of somebody who speaks."),
    Problem("wish_refused", 422, "{why}", "Change what the message names."),
    Problem(
        "server_lost_job",
        500,
        "The server lost this work {times} times, by a restart or a crash.",
        "See why ComfyUI goes down, then retry the job.",
        retry_mends=True,
    ),
    Problem(
        "connection_lost",
        502,
        "The connection to {url} was lost: {why}.",
        "Check the server.",
        retry_mends=True,
    ),
    Problem(
        "server_confused",
        502,
        "{url} answered in a way that ComfyUI does not: {why}.",
        "Check that COMFYUI_URL points at ComfyUI itself, without a login page in between.",
    ),
    Problem(
        "upload_refused",
        502,
        "ComfyUI at {url} did not take the file {name}: {why}.",
        "Use a smaller file, or start ComfyUI with a larger --max-upload-size.",
    ),
    Problem("workflow_not_found", 404, "There is no workflow named {name!r}.", "See the list of workflows."),
    Problem(
        "workflow_refused",
        422,
        "This workflow cannot be used: {why}.",
        "Save it in ComfyUI with Export (API), with a node that saves a picture at its end.",
    ),
    Problem(
        "workflow_exists",
        409,
        "There is a workflow named {name!r} already.",
        "Choose another name, or replace it if it is one of your own.",
    ),
    Problem(
        "workflow_built_in",
        409,
        "The workflow {name!r} was not uploaded here, so it cannot be removed here.",
        "Built-in ones stay; those in STUDIO_WORKFLOWS_PATH are removed from their folder.",
    ),
    Problem(
        "workflow_busy",
        409,
        "{jobs} jobs still need the workflow {name!r}.",
        "Wait for them or cancel them first.",
    ),
    Problem("server_unknown", 404, "No server at {url} is configured.", "See GET /health for all servers."),
    Problem(
        "server_address",
        422,
        "This address cannot be used: {why}.",
        "Give one such as http://gpu.local:8188.",
    ),
    Problem("server_known", 409, "{url} is used already.", "See GET /avatarforge-controller/servers."),
    Problem(
        "server_configured",
        409,
        "{url} was not added here but set when the studio was started.",
        "Pause it, or take it out of COMFYUI_URL and start the studio again.",
    ),
    Problem(
        "server_busy",
        409,
        "{tasks} tasks are still on {url}.",
        "Pause it and wait until they are done, or remove it by force: other servers then begin them anew.",
    ),
    Problem(
        "owner_only",
        403,
        "Only the studio's owner may change servers and workflows, and there is no login that could tell.",
        "Do it from the machine that runs the studio, or set STUDIO_PASSWORD so that everybody signs in.",
    ),
    Problem(
        "author_only",
        403,
        "Only the author of this Space may change its servers, models and workflows.",
        "Sign in as the author.",
    ),
    Problem("no_output", 500, "The graph ran but left no picture.", "Give the workflow a SaveImage node."),
    Problem("output_missing", 502, "The server no longer has the result {name!r}.", "Retry the job.", True),
    # Jobs.
    Problem(
        "queue_full", 503, "{limit} jobs are waiting already.", "Wait until some are done, or cancel some."
    ),
    Problem(
        "too_many_jobs",
        429,
        "{limit} of your jobs are waiting or running already.",
        "Wait until one of them is done, or cancel one.",
    ),
    Problem("job_finished", 409, "The job is {status} already.", "Start a new one instead."),
    Problem(
        "too_many_followers",
        503,
        "{limit} clients are following jobs already.",
        "Ask for the status instead, or try again later; STUDIO_EVENT_STREAMS sets the limit.",
    ),
    Problem("not_ready", 503, "The studio is not ready: {why}.", "It usually is within seconds; try again."),
    Problem("job_running", 409, "The job is still {status}.", "Wait for it or cancel it first."),
    Problem("job_timeout", 504, "The job was not done by its deadline.", "Allow more time, or ask for less."),
    Problem(
        "view_missing",
        500,
        "The {view} view is drawn after the {awaited} view, which was not made: {why}",
        "{remedy}",
    ),
    Problem("interrupted", 500, "Somebody stopped this work on the ComfyUI server itself.", "Retry the job."),
    # The client's side.
    Problem("job_cancelled", 409, "The job {id} was cancelled.", "Retry it, or start a new one."),
    Problem(
        "job_unfinished",
        504,
        "The job {id} is still {status}.",
        "It goes on by itself: wait for it again, or cancel it.",
    ),
    Problem(
        "studio_unreachable",
        503,
        "No studio answers at {url}: {why}.",
        "Start one with python app.py, or check the address.",
        retry_mends=True,
    ),
    Problem(
        "not_a_studio",
        502,
        "What answers at {url} is no studio that this client knows: {why}.",
        "Check the address; behind a proxy it ends with the sub-path. An old studio has to be updated.",
    ),
    Problem("picture_unreadable", 422, "{path} cannot be read: {why}.", "Check the path."),
    # Model files.
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
    # Drafts and the gallery.
    Problem(
        "draft_superseded",
        409,
        "A newer draft has taken the place of this one.",
        "Nothing is wrong: the newest one is being drawn.",
    ),
    Problem(
        "draft_late",
        503,
        "The embedded engine is busy with other pictures, so that the draft could not be drawn in time.",
        "Change something or ask again in a moment; finished pictures go on in any case.",
    ),
    Problem("preset_unknown", 404, "There is no {kind} named {name!r}.", "Choose one of: {known}."),
    Problem(
        "picture_not_found",
        404,
        "There is no picture {id} in the gallery.",
        "It may have been deleted for good.",
    ),
    Problem(
        "no_thumbnail", 404, "There is no small picture of {name}: {why}.", "Open the file itself instead."
    ),
    Problem(
        "no_settings",
        422,
        "This picture holds no settings: {why}.",
        "Use the file as it was saved here or by ComfyUI; messengers and editors take settings out.",
    ),
    Problem(
        "selection_gone",
        404,
        "This selection of pictures is not kept any more.",
        "Select the pictures again, then download them.",
    ),
    Problem("selection_empty", 422, "No picture is selected.", "Select at least one picture."),
    # The records; these stop the start.
    Problem(
        "database_unsupported",
        500,
        "DATABASE_URL {url} names a database that this version cannot use.",
        "Records are kept in SQLite: use sqlite:///./avatarforge.db or sqlite:////absolute/path.db.",
    ),
    Problem(
        "database_too_new",
        500,
        "{path} was written by a newer version of the studio (it knows {unknown}).",
        "Start the newer version, or point DATABASE_URL at another file.",
    ),
    Problem(
        "database_corrupt",
        500,
        "{path} is not a readable database: {why}.",
        "Nothing was changed in it. Restore a backup copy, or point DATABASE_URL at another file.",
    ),
    Problem(
        "database_unwritable",
        500,
        "The records cannot be kept in {path}: {why}.",
        "Check the folder and its permissions, or point DATABASE_URL elsewhere.",
    ),
    Problem(
        "internal_error",
        500,
        "Internal server error occurred.",
        "The log has the details under {request_id}.",
    ),
    # Speech.
    Problem(
        "no_voice",
        503,
        "This studio has no engine that speaks: TTS_URL is not set and espeak-ng is not installed.",
        "Set TTS_URL to a server in OpenAI's dialect, or run: pip install -r requirements-speech.txt",
    ),
    Problem(
        "espeak_missing",
        503,
        "espeak-ng is not installed.",
        "Run: pip install -r requirements-speech.txt",
    ),
    Problem(
        "tts_not_set",
        503,
        "TTS_URL names no voice server.",
        "Set TTS_URL, for example to http://127.0.0.1:8880/v1, and start the studio again.",
    ),
    Problem(
        "tts_unreachable",
        503,
        "The voice server at {url} cannot be reached: {why}.",
        "Start it, or correct TTS_URL.",
    ),
    Problem(
        "tts_key_refused",
        503,
        "The voice server at {url} refuses the key.",
        "Set TTS_API_KEY to a key of that server.",
    ),
    Problem("speech_failed", 502, "{engine} could not speak the text: {why}.", "Try another voice or text."),
    Problem(
        "voice_unknown",
        422,
        "{engine} has no voice named {voice!r}.",
        "Choose one of the voices that the studio lists.",
    ),
    # Models that are hosted elsewhere.
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
    # Files that clients name by a path or an address.
    Problem(
        "given_nothing",
        422,
        "Neither {what}_path nor {what}_url says which file is meant.",
        "Give one of the two: a path below the storage folder, or an address.",
    ),
    Problem(
        "given_outside",
        422,
        "The path of {path} does not lead to a file below the storage folder.",
        "Name a file as the studio does in its answers, such as content/picture.png, or upload it.",
    ),
    Problem(
        "given_missing",
        404,
        "There is no file {path} in the storage folder.",
        "Name a file as the studio does in its answers; it may have been deleted since.",
    ),
    Problem(
        "address_without_file",
        422,
        "{host} answered with status {status} instead of a file.",
        "Check the address; it must lead to the file itself, without a login.",
    ),
    # Characters.
    Problem("pose_not_found", 404, "The character has no pose {name!r}.", "Name one of its `poses`."),
    Problem(
        "bundle_unreadable",
        422,
        "This is not a bundle of a character: {why}.",
        "Send a ZIP as a studio has exported it; unpacked and packed again it may be another one.",
    ),
    Problem(
        "bundle_damaged",
        422,
        "{name} in the bundle is not what its checksum says.",
        "Export the character again, or copy the file anew: something was lost or changed on the way.",
    ),
    Problem(
        "bundle_too_large",
        413,
        "The bundle is too large: {why}.",
        "Export fewer pictures: only those that are approved, or none.",
    ),
    Problem("set_empty", 422, "The set names no pictures.", "Say in `items` what is to be made."),
    Problem(
        "set_not_found", 404, "The character has no set {id}.", "Check the id, or list the character's sets."
    ),
    Problem("set_view_unknown", 422, "There is no view {name!r}.", "Choose among: {known}."),
    Problem(
        "result_without_character",
        422,
        "This result shows no character that could be kept.",
        "Choose a picture that was drawn from words.",
    ),
    Problem(
        "costume_unknown",
        422,
        "The character has no costume {name!r}.",
        "Name one of its costumes ({known}), or say in words what it wears.",
    ),
    Problem("character_not_found", 404, "Character not found: {id}", "Check the id, or list the characters."),
    Problem(
        "style_not_found",
        404,
        "The character has no style {id}.",
        "Check the id, or list the character's styles.",
    ),
    # Videos.
    Problem(
        "video_preset_unknown",
        404,
        "There is no video preset {id}.",
        "The presets are {known}; GET /api/generate/video/presets lists them.",
    ),
    Problem(
        "video_portrait_failed",
        503,
        "The picture of who should speak could not be drawn: {why}",
        "Give a picture in image_url or image_path, or try again.",
    ),
    # Kept content.
    Problem(
        "content_not_found",
        404,
        "There is no content {id} in the library.",
        "It may have been deleted; list the library to see what is there.",
    ),
    Problem(
        "contents_not_found",
        404,
        "None of these contents is in the library.",
        "They may have been deleted; list the library to see what is there.",
    ),
    Problem(
        "content_not_shown",
        422,
        "The content is {what}; platforms show pictures and videos.",
        "Repurpose a picture or a video.",
    ),
    Problem(
        "shape_unknown",
        422,
        "{platform} has no shape {shape!r}.",
        "Shapes are: {known}.",
    ),
    Problem(
        "content_does_not_fit",
        422,
        "{platform} does not take it: {why}.",
        "Choose another platform.",
    ),
    Problem(
        "content_file_gone",
        404,
        "The file of content {id} is gone from the disk.",
        "Delete the entry, or make the content again from its settings.",
    ),
    # Servers that write texts.
    Problem("platform_unknown", 422, "There is no platform named {platform!r}.", "Known are: {known}."),
    Problem(
        "llm_not_set",
        503,
        "No server writes texts here: neither OLLAMA_URL nor LLM_URL is set.",
        "Set OLLAMA_URL, for example to http://127.0.0.1:11434, or LLM_URL to a server in OpenAI's dialect, "
        "and start the studio again.",
    ),
    Problem(
        "llm_unreachable",
        503,
        "The text server at {url} cannot be used: {why}.",
        "Start it (Ollama: ollama serve), or correct {setting}.",
    ),
    Problem("llm_busy", 503, "{limit} texts are being written already.", "Try again in a few seconds."),
    Problem(
        "llm_key_refused",
        503,
        "The text server at {url} refuses the key.",
        "Set LLM_API_KEY to a key of that server.",
    ),
    Problem("llm_model_missing", 422, "The text server at {url} has no model {model!r}.", "{hint}"),
    Problem("llm_no_models", 503, "The text server at {url} has no model that writes.", "{hint}"),
    Problem(
        "llm_failed",
        502,
        "The text server at {url} could not write: {why}.",
        "Look into its log, or try another model.",
    ),
    Problem(
        "llm_empty",
        502,
        "The model {model} used up its {max_tokens} tokens without an answer.",
        "Raise max_tokens, or use a model that does not think aloud.",
    ),
    # Looking after the studio over REST.
    Problem(
        "visitor_refused",
        403,
        "Only the studio's owner may read its log, as that tells of everybody.",
        "Use it on the studio's own machine, or with a key of the scope admin.",
    ),
    Problem(
        "fault_not_found", 404, "Error not found: {id}", "It may be too old to be kept; list the errors."
    ),
    Problem(
        "service_unknown",
        404,
        "There is no service named {name!r}.",
        "See the list of services for their names.",
    ),
    Problem("service_unmanaged", 409, "{name} cannot be {what} here: {why}.", "{remedy}"),
    Problem(
        "comfyui_path_wrong",
        409,
        "COMFYUI_PATH is {path}, and there is no ComfyUI: it has no main.py.",
        "Correct the setting, or have ComfyUI installed there: POST /api/installer/install.",
    ),
    Problem(
        "setting_refused",
        422,
        "{name} cannot be set to this: {why}.",
        "Send another value, or null for what the environment says.",
    ),
    Problem("model_installed", 409, "{name} is installed already.", "Remove the file to fetch it anew."),
    Problem(
        "model_on_its_way",
        409,
        "{name} is being fetched already, as {id}.",
        "See how far it is with GET /api/models/{model_id}.",
    ),
    Problem(
        "model_type",
        422,
        "{folder} is no folder for models of the type {type}.",
        "Leave the type out, or name one that fits the folder.",
    ),
    Problem(
        "install_off",
        403,
        "Nothing can be installed over REST, as ALLOW_INSTALL is not set.",
        "Set ALLOW_INSTALL=true and start the studio again.",
    ),
    Problem(
        "install_running",
        409,
        "{component} is being installed.",
        "Wait for it: GET /api/installer/status tells how far it is.",
    ),
    Problem(
        "install_unknown",
        422,
        "{component!r} is nothing that can be installed here.",
        "Choose one of: {known}.",
    ),
    Problem(
        "install_done",
        409,
        "ComfyUI is installed in {path} already.",
        "Start it: POST /api/services/comfyui/start.",
    ),
    Problem(
        "install_failed",
        500,
        "{step} failed: {why}.",
        "The log of the installation has more: {log}.",
    ),
    Problem(
        "workflow_inputs",
        422,
        "The workflow {name!r} takes no {given}.",
        "It takes: {known}.",
    ),
    # Video editing.
    Problem(
        "edit_impossible",
        422,
        "This video cannot be made: {why}.",
        "Change what is asked for so that it fits the files.",
    ),
    Problem(
        "embedding_not_found",
        404,
        "There is no face embedding {id}.",
        "Check the id, or list the embeddings.",
    ),
    Problem("ab_test_not_found", 404, "There is no A/B test {id}.", "Check the id, or start another test."),
    Problem(
        "face_method_impossible",
        503,
        "No server can follow a face by {method} now: {why}.",
        "Leave face_consistency_method out; GET /api/generate/face-embedding/health says what can be done.",
    ),
    Problem(
        "not_a_picture",
        422,
        "The quality of {id} cannot be judged, as it is no picture but {what}.",
        "Name a content that is an image.",
    ),
    Problem(
        "no_images_yet",
        409,
        "The job has no images: it is {status}.",
        "Wait until it is completed; its status says how far it is, or why it failed.",
    ),
    # Voices that are kept.
    Problem("voice_not_found", 404, "Voice not found: {id}", "Check the id, or list the voices."),
    Problem(
        "voice_too_short",
        422,
        "There are {speech_s:.1f} seconds of speech in the recording of {duration_s:.1f} seconds, "
        "and {least_s:.0f} are needed.",
        "Record somebody who speaks clearly, without music, for ten seconds or more.",
    ),
    Problem(
        "clone_refused",
        502,
        "The voice server at {url} refuses the recording: {why}.",
        "Try another recording; 10 to 25 seconds of clear speech suit most servers.",
    ),
    Problem(
        "speech_nodes_missing",
        503,
        "No ComfyUI server at hand has the nodes of {nodes}.",
        "Install the node pack {sources} on one and restart it, or choose another engine.",
    ),
)


class StudioError(Exception):
    """A failure from the registry, with the facts that fill its sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.problem = REGISTRY[code]
        self.facts = facts
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """The code in the registry."""
        return self.problem.code

    @property
    def status(self) -> int:
        """The HTTP status that fits."""
        return self.problem.status

    @property
    def message(self) -> str:
        """What happened and why, for people."""
        return self.problem.sentence.format_map(self.facts)

    @property
    def hint(self) -> str:
        """What to do about it."""
        return self.problem.hint.format_map(_Blank(self.facts))

    @property
    def told_facts(self) -> dict[str, Any]:
        """The facts that its sentence and its hint name; with the code they tell it in any language."""
        names = facts_named_in(self.problem.sentence + self.problem.hint)
        return {name: _plain(self.facts[name]) for name in names if name in self.facts}

    def to_json(self) -> dict[str, Any]:
        """The form that records and answers carry."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "facts": self.told_facts}


def facts_named_in(template: str) -> list[str]:
    """The names of the facts that a sentence has places for."""
    return list(dict.fromkeys(name for _, name, _, _ in Formatter().parse(template) if name))


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""
