"""Settings out of pictures: our own recipes whole, ComfyUI's graphs as far as their nodes tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import pictures, workflows
from studio.errors import StudioError
from studio.gallery import Gallery, Restored
from studio.gallery.graph import read_graph
from studio.jobs import Jobs
from studio.pictures import Format
from studio.request import VIEWS, AvatarRequest, Lora
from tests.studio_fixtures import finish, open_jobs, png

FORMATS: tuple[Format, ...] = ("PNG", "JPEG", "WEBP")
Graph = dict[str, dict[str, Any]]


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    """The job module over records that end with the test."""
    opened = open_jobs(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def gallery(jobs: Jobs) -> Gallery:
    """A gallery that knows its jobs."""
    return Gallery(jobs)


def picture(recipe: dict[str, Any], prompt: Graph | None = None, form: Format = "PNG") -> bytes:
    """A picture with these texts inside."""
    return b"".join(pictures.with_recipe(pictures.convert(png(), form), recipe, prompt=prompt))


def comfy(prompt: Graph, form: Format = "PNG") -> bytes:
    """A picture as ComfyUI saves it."""
    data = picture({}, prompt, form)
    return data.replace(b"avatarforge", b"other_maker")


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def simple(**changes: dict[str, Any]) -> Graph:
    """The graph that ComfyUI opens with."""
    return {
        "3": node(
            "KSampler",
            seed=987,
            steps=25,
            cfg=6.5,
            sampler_name="dpmpp_2m",
            scheduler="karras",
            denoise=1.0,
            model=["4", 0],
            positive=["6", 0],
            negative=["7", 0],
            latent_image=["5", 0],
        ),
        "4": node("CheckpointLoaderSimple", ckpt_name="sdxl\\dreamy.safetensors"),
        "5": node("EmptyLatentImage", width=832, height=1216, batch_size=2),
        "6": node("CLIPTextEncode", text="a wizard, blue robe", clip=["4", 1]),
        "7": node("CLIPTextEncode", text="lowres", clip=["4", 1]),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", images=["8", 0], filename_prefix="x"),
    } | changes


def read(graph: Graph) -> dict[str, Any]:
    return read_graph(graph).values


# ------------------------------------------------------------------------- ours


@pytest.mark.parametrize("form", FORMATS)
def test_a_recipe_of_ours_comes_back_whole(gallery: Gallery, form: Format) -> None:
    request = AvatarRequest(
        prompt="ein Ritter – 騎士",
        clothing="red cape",
        negative_prompt="hat",
        style="ink",
        realism=True,
        views=("side",),
        width=640,
        height=960,
        seed=7,
        model="sdxl.safetensors",
        loras=(Lora(name="ink.safetensors", strength=0.7),),
        steps=30,
        cfg=6.5,
        sampler="euler",
        scheduler="karras",
    )
    recipe = {"request": request.model_dump(mode="json"), "view": "side", "seed": 7, "engine": "comfy"}
    assert gallery.restore(picture(recipe, form=form)) == Restored(
        "avatarforge",
        request,
        "side",
        {name: value for name, value in request.model_dump(mode="json").items() if value is not None}
        | {"views": ("side",)},
        (),
    )


def test_a_recipe_counts_more_than_the_graph_beside_it(gallery: Gallery) -> None:
    recipe = {"request": {"prompt": "from the recipe"}, "seed": 3, "view": "front"}
    found = gallery.restore(picture(recipe, simple()))
    assert found.source == "avatarforge"
    assert found.request == AvatarRequest(prompt="from the recipe", seed=3)


def test_what_is_not_here_any_more_is_left_out_and_named(gallery: Gallery) -> None:
    here = gallery.files.store_bytes(png("blue"), "pose.png")
    request = {
        "prompt": "a knight",
        "pose_file_id": here.id,
        "reference_file_id": "gone",
        "workflow": "somebody_elses",
        "from_the_future": 1,
        "steps": 5000,
        "views": ["front", "back"],
    }
    found = gallery.restore(picture({"request": request, "view": "back", "seed": 1}))
    assert found.request == AvatarRequest(
        prompt="a knight", pose_file_id=here.id, views=("front", "back"), seed=1
    )
    assert found.view == "back"
    assert len(found.notes) == 3
    for word in ("reference picture", "somebody_elses", "5000"):
        assert word in " ".join(found.notes)


def test_what_our_engine_drew_is_asked_of_it_again(gallery: Gallery) -> None:
    recipe = {"request": {"prompt": "a knight", "model": "avatarforge-figure"}, "engine": "embedded"}
    found = gallery.restore(picture(recipe))
    assert found.request is not None
    assert found.request.engine == "embedded"


def test_a_picture_of_pictures_leads_to_its_job(jobs: Jobs, gallery: Gallery) -> None:
    job = finish(jobs, jobs.submit(AvatarRequest(prompt="a sheet", views=VIEWS, seed=8), door="test"))
    found = gallery.restore(picture({"kind": "sheet", "job": job.id}))
    assert found.request is not None
    assert (found.request.prompt, found.request.views, found.view) == ("a sheet", VIEWS, None)
    with pytest.raises(StudioError, match="names a job that is not here"):
        gallery.restore(picture({"kind": "sheet", "job": "gone"}))


@pytest.mark.parametrize(
    "data",
    [png(), b"", b"no picture", picture({"nothing": "useful"}), picture({"request": "words"}), comfy({})],
    ids=["plain", "empty", "no picture", "strange recipe", "wrong recipe", "empty graph"],
)
def test_without_settings_it_is_said(gallery: Gallery, data: bytes) -> None:
    with pytest.raises(StudioError) as error:
        gallery.restore(data)
    assert error.value.code == "no_settings"


def test_a_recipe_without_words_gives_the_rest(gallery: Gallery) -> None:
    found = gallery.restore(picture({"request": {"style": "ink", "seed": 4}}))
    assert found.request is None
    assert found.values["style"] == "ink"


# --------------------------------------------------------------------- ComfyUI's


@pytest.mark.parametrize("form", FORMATS)
def test_the_usual_graph_is_read(gallery: Gallery, form: Format) -> None:
    found = gallery.restore(comfy(simple(), form))
    assert (found.source, found.view, found.notes) == ("comfyui", None, ())
    assert found.request == AvatarRequest(
        prompt="a wizard, blue robe",
        negative_prompt="lowres",
        width=832,
        height=1216,
        variants=2,
        seed=987,
        model="sdxl\\dreamy.safetensors",
        steps=25,
        cfg=6.5,
        sampler="dpmpp_2m",
        scheduler="karras",
        denoise=1.0,
    )


def test_flux_has_its_settings_in_many_nodes() -> None:
    graph = {
        "1": node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="default"),
        "2": node("DualCLIPLoader", clip_name1="t5", clip_name2="clip", type="flux"),
        "3": node("CLIPTextEncode", text="a knight", clip=["2", 0]),
        "4": node("FluxGuidance", guidance=3.5, conditioning=["3", 0]),
        "5": node("EmptySD3LatentImage", width=1024, height=1536, batch_size=1),
        "6": node("RandomNoise", noise_seed=55),
        "7": node("KSamplerSelect", sampler_name="euler"),
        "8": node("BasicScheduler", scheduler="simple", steps=20, denoise=1.0, model=["12", 0]),
        "9": node("BasicGuider", model=["12", 0], conditioning=["4", 0]),
        "10": node(
            "SamplerCustomAdvanced",
            noise=["6", 0],
            guider=["9", 0],
            sampler=["7", 0],
            sigmas=["8", 0],
            latent_image=["5", 0],
        ),
        "11": node("SaveImage", images=["13", 0]),
        "12": node("LoraLoaderModelOnly", lora_name="hero.safetensors", strength_model=0.8, model=["1", 0]),
        "13": node("VAEDecode", samples=["10", 0], vae=["14", 0]),
        "14": node("VAELoader", vae_name="ae.safetensors"),
    }
    found = read_graph(graph)
    assert found.values == {
        "prompt": "a knight",
        "seed": 55,
        "steps": 20,
        "sampler": "euler",
        "scheduler": "simple",
        "denoise": 1.0,
        "width": 1024,
        "height": 1536,
        "model": "flux1-dev.safetensors",
        "loras": [{"name": "hero.safetensors", "strength": 0.8}],
    }
    assert found.notes == ["The guidance 3.5 of FluxGuidance is not among our settings."]


def test_of_several_passes_the_first_counts() -> None:
    second = {**simple()["3"]["inputs"], "seed": 1, "steps": 9, "denoise": 0.4, "latent_image": ["21", 0]}
    graph = simple(
        **{
            "20": node("KSampler", **second),
            "21": node("LatentUpscaleBy", samples=["3", 0], scale_by=1.5),
            "8": node("VAEDecode", samples=["20", 0], vae=["4", 2]),
            "30": node("KSampler", **{**second, "seed": 2, "latent_image": ["5", 0]}),
        }
    )
    found = read_graph(graph)
    assert (found.values["seed"], found.values["steps"], found.values["width"]) == (987, 25, 832)
    assert found.notes == ["The graph draws in 2 passes; these are the settings of the first."]


def test_values_are_followed_to_where_they_are_written() -> None:
    graph = simple(
        **{
            "40": node("PrimitiveInt", value=123),
            "41": node("Reroute", value=["42", 0]),
            "42": node("INTConstant", value=31),
            "43": node("StringConcatenate", string_a=["44", 0], string_b="blue robe", delimiter=", "),
            "44": node("PrimitiveStringMultiline", value="a wizard"),
            "45": node("ImpactWildcardProcessor", wildcard_text="__a__", populated_text="low quality"),
            "6": node("CLIPTextEncode", text=["43", 0], clip=["4", 1]),
            "7": node("CLIPTextEncode", text=["45", 0], clip=["4", 1]),
        }
    )
    graph["3"]["inputs"] |= {"seed": ["40", 0], "steps": ["41", 0]}
    found = read(graph)
    assert (found["seed"], found["steps"]) == (123, 31)
    assert (found["prompt"], found["negative_prompt"]) == ("a wizard, blue robe", "low quality")


def test_words_are_found_behind_control_nets_and_combinations() -> None:
    graph = simple(
        **{
            "50": node(
                "ControlNetApplyAdvanced",
                positive=["51", 0],
                negative=["7", 0],
                control_net=["52", 0],
                image=["53", 0],
            ),
            "51": node("ConditioningCombine", conditioning_1=["6", 0], conditioning_2=["54", 0]),
            "52": node("ControlNetLoader", control_net_name="openpose"),
            "53": node("LoadImage", image="pose.png"),
            "54": node("CLIPTextEncodeSDXL", text_g="in a tower", text_l="in a tower", clip=["4", 1]),
        }
    )
    graph["3"]["inputs"] |= {"positive": ["50", 0], "negative": ["50", 1]}
    found = read_graph(graph)
    assert found.values["prompt"] == "a wizard, blue robe\nin a tower"
    assert found.values["negative_prompt"] == "lowres"
    assert found.notes == ["It was made with the picture pose.png, which is not inside; upload it."]


def test_a_negative_that_is_none_is_none() -> None:
    zero = simple(**{"7": node("ConditioningZeroOut", conditioning=["6", 0])})
    assert "negative_prompt" not in read(zero)
    same = simple()
    same["3"]["inputs"]["negative"] = ["6", 0]
    assert "negative_prompt" not in read(same)


def test_stacks_of_loras_and_loaders_that_do_it_all() -> None:
    stacked = simple(
        **{
            "60": node(
                "Power Lora Loader (rgthree)",
                model=["61", 0],
                lora_1={"on": True, "lora": "a.safetensors", "strength": 0.5},
                lora_2={"on": False, "lora": "b.safetensors", "strength": 1},
            ),
            "61": node(
                "LoraLoader", lora_name="c.safetensors", strength_model=1.2, model=["4", 0], clip=["4", 1]
            ),
        }
    )
    stacked["3"]["inputs"]["model"] = ["60", 0]
    assert read(stacked)["loras"] == [
        {"name": "c.safetensors", "strength": 1.2},
        {"name": "a.safetensors", "strength": 0.5},
    ]
    loader = {
        "ckpt_name": "one.safetensors",
        "lora_name": "None",
        "positive": "a bard",
        "negative": "noise",
        "empty_latent_width": 512,
        "empty_latent_height": 768,
    }
    links = {"model": ["1", 0], "positive": ["1", 1], "negative": ["1", 2], "latent_image": ["1", 3]}
    efficient = {
        "1": node("Efficient Loader", **loader),
        "2": node("KSampler (Efficient)", seed=3, steps=20, cfg=7, sampler_name="euler", **links),
        "3": node("PreviewImage", images=["2", 5]),
    }
    assert read(efficient) == {
        "prompt": "a bard",
        "negative_prompt": "noise",
        "seed": 3,
        "steps": 20,
        "cfg": 7,
        "sampler": "euler",
        "width": 512,
        "height": 768,
        "model": "one.safetensors",
    }


def test_what_began_with_a_picture_says_so() -> None:
    graph = simple(
        **{"5": node("VAEEncode", pixels=["70", 0], vae=["4", 2]), "70": node("LoadImage", image="me.png")}
    )
    found = read_graph(graph)
    assert "width" not in found.values
    assert len(found.notes) == 2
    assert "began with a picture" in found.notes[0]


def test_what_does_not_fit_here_is_named(gallery: Gallery) -> None:
    graph = simple(**{"5": node("EmptyLatentImage", width=8192, height=1216, batch_size=1)})
    graph["3"]["inputs"] |= {"seed": 2**64 - 1, "steps": 900}
    found = gallery.restore(comfy(graph))
    assert found.request is not None
    assert (found.request.seed, found.request.steps, found.request.width) == (None, None, None)
    assert found.request.height == 1216
    for word in ("18446744073709551615", "900", "8192"):
        assert word in " ".join(found.notes)


def test_the_side_is_told_by_the_figures_own_nodes() -> None:
    workflow = workflows.load_library(())["embedded"]
    request = AvatarRequest(prompt="a knight", style="ink", realism=True, framing="bust", seed=5)
    for view in VIEWS:
        graph = workflows.fill(workflow, request, view, 5, uploads={})
        found = read(graph)
        assert (found["view"], found["style"], found["realism"], found["framing"]) == (
            view,
            "ink",
            True,
            "bust",
        )
        assert (found["prompt"], found["seed"], found["engine"]) == ("a knight", 5, "embedded")


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name, one in workflows.load_library(()).items()
        if one.manifest.task in {"draw", "inpaint"}  # the others take no words
    ),
)
def test_every_workflow_of_the_library_can_be_read_back(name: str) -> None:
    workflow = workflows.load_library(())[name]
    request = AvatarRequest(
        prompt="a knight",
        width=512,
        height=768,
        seed=77,
        steps=11,
        cfg=3.0,
        sampler="euler",
        model="my.safetensors",
    )
    uploads = {slot: f"{slot}.png" for slot in workflow.manifest.slots if slot.endswith("_image")}
    graph = workflows.fill(
        workflow, request, "front", 77, uploads=uploads, models={"model": "my.safetensors"}
    )
    found = read(graph)
    assert "knight" in found["prompt"]
    assert (found["seed"], found["steps"], found["model"]) == (77, 11, "my.safetensors")


# ---------------------------------------------------------------------- hostile ones


def hostile() -> dict[str, Graph]:
    circle = simple(
        **{
            "6": node("CLIPTextEncode", text=["80", 0]),
            "80": node("StringConcatenate", string_a=["81", 0], string_b=["80", 0]),
            "81": node("StringConcatenate", string_a=["80", 0], string_b=["81", 0]),
            "5": node("LatentUpscale", samples=["5", 0], width=["5", 0], height=["3", 0]),
        }
    )
    circle["3"]["inputs"] |= {"seed": ["3", 0], "model": ["3", 0]}
    doubling: Graph = {
        str(n): node("StringConcatenate", string_a=[str(n + 1), 0], string_b=[str(n + 1), 0])
        for n in range(1000, 1900)
    }
    chain: Graph = {
        str(n): node("ConditioningCombine", conditioning_1=[str(n + 1), 0]) for n in range(1000, 2900)
    }
    samplers: Graph = {
        str(n): node("KSampler", seed=n, positive=["6", 0], latent_image=[str(n + 1), 0])
        for n in range(1000, 2900)
    }
    return {
        "circles": circle,
        "doubling": simple(**doubling, **{"6": node("CLIPTextEncode", text=["1000", 0])}),
        "a long chain": simple(**chain, **{"3": node("KSampler", seed=1, positive=["1000", 0])}),
        "a thousand samplers": simple(**samplers, **{"8": node("VAEDecode", samples=["1000", 0])}),
        "no nodes": {"1": 5, "2": {"class_type": 3}, "3": {"inputs": []}, "4": {"inputs": {"seed": [1]}}},  # type: ignore[dict-item]
        "strange values": simple(
            **{"3": node("KSampler", seed="x", steps=1e99, cfg=True, positive=["6", 0])}
        ),
    }


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", hostile())
def test_graphs_of_strangers_come_to_an_end(gallery: Gallery, name: str) -> None:
    graph = json.loads(json.dumps(hostile()[name]))
    if name == "no nodes":
        with pytest.raises(StudioError, match="no node of its graph"):
            gallery.restore(comfy(graph))
    else:
        assert gallery.restore(comfy(graph)).source == "comfyui"
