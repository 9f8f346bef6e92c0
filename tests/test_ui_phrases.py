"""What other rooms say in English is said in the page's language: errors, notes, and the reasons in them."""

from __future__ import annotations

import ast
import re
import string

import pytest

from studio.errors import REGISTRY, StudioError, facts_named_in
from studio.ui import phrases, texts
from studio.ui.phrases import explain, phrase
from tests.test_house_rules import error_calls, module_paths, source, walked

OTHERS = [one for one in texts.LANGUAGES if one != texts.DEFAULT]
WORDED = [key.removeprefix("problem.") for key in texts.table("de") if key.startswith("problem.")]
# Errors that only scripts and the console meet: of broken requests, of keys and clients, at the start.
FOR_SCRIPTS = frozenset(
    {
        "video_portrait_failed",
        "video_preset_unknown",
        "ab_test_not_found",
        "embedding_not_found",
        "face_method_impossible",
        "no_images_yet",
        "not_a_picture",
        "address_too_large",
        "address_without_file",
        "clone_refused",
        "comfyui_path_wrong",
        "database_corrupt",
        "database_too_new",
        "database_unsupported",
        "database_unwritable",
        "edit_impossible",
        "fault_not_found",
        "given_missing",
        "given_nothing",
        "given_outside",
        "idempotency_in_flight",
        "idempotency_mismatch",
        "install_done",
        "install_failed",
        "install_off",
        "install_running",
        "install_unknown",
        "invalid_json",
        "job_cancelled",
        "job_not_found",
        "job_unfinished",
        "key_missing",
        "key_scope",
        "key_tries",
        "key_wrong",
        "llm_busy",
        "llm_empty",
        "llm_failed",
        "llm_key_refused",
        "llm_model_missing",
        "llm_no_models",
        "llm_not_set",
        "llm_unreachable",
        "media_not_found",
        "missing_field",
        "model_address",
        "model_installed",
        "model_on_its_way",
        "model_type",
        "no_thumbnail",
        "not_a_studio",
        "not_ready",
        "picture_unreadable",
        "platform_unknown",
        "rate_storage_unusable",
        "service_unknown",
        "service_unmanaged",
        "setting_refused",
        "space_refused",
        "space_unclear",
        "space_unreachable",
        "storage_library_missing",
        "studio_unreachable",
        "talk_job_missing",
        "too_many_followers",
        "upload_malformed",
        "upload_missing",
        "upload_name_missing",
        "video_too_long",
        "visitor_refused",
        "speech_nodes_missing",
        "voice_not_found",
        "voice_too_short",
        "workflow_built_in",
        "workflow_busy",
        "workflow_exists",
        "workflow_inputs",
        "workflow_not_found",
        "workflow_refused",
    }
)
# Where sentences about a result are written.
NOTE_MAKERS = (
    "studio.collect",
    "studio.gallery.graph",
    "studio.gallery.restore",
    "studio.runner.measuring",
    "studio.sheets.compose",
    "studio.sheets.exports",
    "studio.sheets.turntable",
)
# Rooms whose refusals reach a page.
ROOMS_OF_PAGES = (
    "studio.comfy",
    "studio.drafts",
    "studio.gallery",
    "studio.hub",
    "studio.jobs",
    "studio.models",
    "studio.pictures.decode",
    "studio.runner",
    "studio.servers",
    "studio.sheets",
    "studio.ui",
    "studio.workflows.choose",
)
GAP = "3"


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def numbers(code: str) -> set[str]:
    """The facts of an error that have to be numbers."""
    return {name for _, name, form, _ in string.Formatter().parse(REGISTRY[code].sentence) if name and form}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_error_that_a_page_can_show_has_its_words(language: str) -> None:
    table = texts.table(language)
    for code in WORDED:
        facts = set(facts_named_in(REGISTRY[code].sentence + REGISTRY[code].hint))
        for key in (f"problem.{code}", f"remedy.{code}"):
            assert table.get(key, "").strip(), f"{language} lacks {key}"
            assert places(table[key]) <= facts, f"{language}: {key}"


def test_no_error_was_forgotten() -> None:
    # A new one gets its words in `words/said.*.json`, unless no page can show it.
    assert sorted(set(REGISTRY) - set(WORDED) - FOR_SCRIPTS) == []
    assert set(WORDED).isdisjoint(FOR_SCRIPTS)
    assert set(REGISTRY) >= FOR_SCRIPTS


@pytest.mark.parametrize("language", OTHERS)
def test_every_error_is_told_with_its_facts(language: str) -> None:
    for code in WORDED:
        named = facts_named_in(REGISTRY[code].sentence + REGISTRY[code].hint)
        error = StudioError(code, **{name: 7.5 if name in numbers(code) else "Qx7" for name in named})
        recorded = error.to_json()
        told = explain(language, recorded)
        table = texts.table(language)
        wanted = places(table[f"problem.{code}"]) | places(table[f"remedy.{code}"])
        assert " ".join(told).count("Qx7") >= sum(recorded["facts"][name] == "Qx7" for name in wanted)
        assert "{" not in " ".join(told)


def test_what_is_told_in_a_fact_is_told_in_the_same_language() -> None:
    front = StudioError("engine_unavailable", why="it is switched off")
    back = StudioError(
        "view_missing", view="back", awaited="front", why=front.message, remedy=front.hint
    ).to_json()
    told = explain("de", back)
    assert told.sentence == (
        "Die Ansicht „Hinten“ wird nach der Ansicht „Vorn“ gezeichnet, und die kam nicht zustande: "
        "Das eingebaute Zeichenwerk ist nicht bereit: es ist abgeschaltet."
    )
    assert told.remedy.startswith("Es startet von selbst")


def test_a_row_that_is_older_than_its_facts_is_known_by_its_sentence() -> None:
    old = {
        "code": "job_finished",
        "message": "The job is failed already.",
        "hint": "Start a new one instead.",
    }
    assert explain("es", old).sentence == "El trabajo ya terminó. Su estado: Fallido."
    assert explain("es", {"code": "gone", "message": "Nobody says this.", "hint": ""}) == (
        "Nobody says this.",
        "",
    )
    assert explain("en", old) == (old["message"], old["hint"])
    # Facts that an older sentence had are not those of today's.
    other = {**old, "facts": {"state": "failed"}}
    assert "{" not in " ".join(explain("ja", other))


def test_several_reasons_in_one_sentence_are_told_one_by_one() -> None:
    why = "Flux does not take LoRAs; Inked: the node InkBrush; and 3 other workflows cannot either"
    told = explain("de", StudioError("workflow_impossible", why=why))
    assert told.sentence == (
        "Kein erreichbarer Server kann das ausführen: Flux nimmt keine LoRAs; Inked: der Knoten InkBrush; "
        "und 3 weitere Workflows können es auch nicht."
    )


def test_words_of_people_stay_as_they_are() -> None:
    assert phrase("de", "not drawn: it is switched off, {x}") == "nicht gezeichnet: it is switched off, {x}"
    assert phrase("ja", "a girl with a red cape; she smiles") == "a girl with a red cape; she smiles"


def sentence_of(node: ast.expr) -> str:
    """A constant or an f-string, with something in the place of each gap."""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else gap(part) for part in node.values
        )
    return str(node.value) if isinstance(node, ast.Constant) else ""


def gap(part: ast.expr) -> str:
    return f"'{GAP}'" if isinstance(part, ast.FormattedValue) and part.conversion == ord("r") else GAP


def written_notes() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name in NOTE_MAKERS:
        for node in walked(source(name)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("notes.append") and node.args:
                found.append((name, sentence_of(node.args[0])))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "note":
                found.append((name, sentence_of(node.value)))
    return [(name, text) for name, text in found if text]


def known(text: str) -> bool:
    return any(pattern.fullmatch(text) for _, pattern in phrases._shapes())


def test_every_note_is_known() -> None:
    notes = written_notes()
    assert len(notes) > 15
    # A label in the middle may be any of several; one of them will do.
    labels = (GAP, "pose picture", "seed")
    unknown = [
        (name, text) for name, text in notes if not any(known(text.replace(GAP, label)) for label in labels)
    ]
    assert unknown == []


def test_every_reason_is_known() -> None:
    unknown = [
        f"{name}:{call.lineno}: {text}"
        for name in module_paths()
        if name.startswith(ROOMS_OF_PAGES)
        for call in error_calls(source(name))
        if call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value in WORDED
        for keyword in call.keywords
        if keyword.arg == "why" and (text := sentence_of(keyword.value)) and re.search(r"[a-z]{3}", text)
        if not known(text)
    ]
    # Those that name a member of a request are for scripts.
    assert [one for one in unknown if not re.search(r": [a-z_]+: ", one)] == []
