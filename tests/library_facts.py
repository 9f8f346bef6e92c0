"""A GPU server as the library sees it: the nodes of ComfyUI 0.3.64 with lists of models of our own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from studio import workflows
from studio.comfy.info import ObjectInfo
from studio.workflows import Candidate

CORE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "captures" / "object_info_core.json").read_text("utf-8")
)

# Custom nodes, as their packs declare them.
CUSTOM: dict[str, Any] = {
    "IPAdapterModelLoader": {
        "required": {"ipadapter_file": {"folder": "ipadapter"}},
        "outputs": ["IPADAPTER"],
    },
    "IPAdapterAdvanced": {
        "required": {
            "model": {"type": "MODEL"},
            "ipadapter": {"type": "IPADAPTER"},
            "image": {"type": "IMAGE"},
            "weight": {"type": "FLOAT", "min": -1, "max": 5, "default": 1.0},
            "weight_type": {"choices": ["linear", "ease in", "ease out", "ease in-out", "reverse in-out"]},
            "combine_embeds": {"choices": ["concat", "add", "subtract", "average", "norm average"]},
            "start_at": {"type": "FLOAT", "min": 0.0, "max": 1.0, "default": 0.0},
            "end_at": {"type": "FLOAT", "min": 0.0, "max": 1.0, "default": 1.0},
            "embeds_scaling": {"choices": ["V only", "K+V", "K+V w/ C penalty", "K+mean(V) w/ C penalty"]},
        },
        "optional": {
            "image_negative": {"type": "IMAGE"},
            "attn_mask": {"type": "MASK"},
            "clip_vision": {"type": "CLIP_VISION"},
        },
        "outputs": ["MODEL"],
    },
    "RMBG": {
        "required": {
            "image": {"type": "IMAGE"},
            "model": {"choices": ["RMBG-2.0", "INSPYRENET", "BEN", "BEN2"]},
        },
        "optional": {
            "sensitivity": {"type": "FLOAT", "min": 0.0, "max": 1.0, "default": 1.0},
            "background": {"choices": ["Alpha", "Color"]},
        },
        "outputs": ["IMAGE", "MASK", "IMAGE"],
    },
    "LatentSyncNode": {
        "required": {
            "images": {"type": "IMAGE"},
            "audio": {"type": "AUDIO"},
            "seed": {"type": "INT", "default": 1247},
            "lips_expression": {"type": "FLOAT", "min": 1.0, "max": 3.0, "step": 0.1, "default": 1.5},
            "inference_steps": {"type": "INT", "min": 1, "max": 999, "step": 1, "default": 20},
        },
        "outputs": ["IMAGE", "AUDIO"],
    },
    # Comfyui-SadTalker: both outputs are paths, in its own folder and in the server's output folder
    "SadTalker": {
        "required": {
            "image": {"type": "IMAGE"},
            "audio": {"type": "AUDIO"},
            "poseStyle": {"type": "INT", "min": 0, "max": 46, "default": 0},
            "faceModelResolution": {"choices": ["256", "512"]},
            "preprocess": {"choices": ["crop", "resize", "full", "extcrop", "extfull"]},
            "stillMode": {"type": "BOOLEAN", "default": False},
            "batchSizeInGeneration": {"type": "INT", "min": 0, "max": 10, "default": 2},
            "gfpganAsFaceEnhancer": {"type": "BOOLEAN", "default": False},
            "useIdleMode": {"type": "BOOLEAN", "default": False},
            "idleModeTime": {"type": "INT", "min": 1, "max": 90, "default": 5},
            "useRefVideo": {"type": "BOOLEAN", "default": False},
            "refInfo": {"choices": ["pose", "blink", "pose+blink", "all"]},
        },
        "optional": {"refVideo": {"type": "VIDEOSTRING"}},
        "outputs": ["STRING", "STRING"],
    },
    # ComfyUI-VideoHelperSuite
    "VHS_LoadVideoPath": {
        "required": {
            "video": {"type": "STRING"},
            "force_rate": {"type": "FLOAT", "min": 0, "max": 60, "step": 1, "default": 0},
            "custom_width": {"type": "INT", "min": 0, "max": 8192, "default": 0},
            "custom_height": {"type": "INT", "min": 0, "max": 8192, "default": 0},
            "frame_load_cap": {"type": "INT", "min": 0, "max": 2**53 - 1, "step": 1, "default": 0},
            "skip_first_frames": {"type": "INT", "min": 0, "max": 2**53 - 1, "step": 1, "default": 0},
            "select_every_nth": {"type": "INT", "min": 1, "max": 2**53 - 1, "step": 1, "default": 1},
        },
        "optional": {
            "meta_batch": {"type": "VHS_BatchManager"},
            "vae": {"type": "VAE"},
            "format": {"choices": ["None", "AnimateDiff", "Mochi", "LTXV", "Hunyuan", "Cosmos", "Wan"]},
        },
        "outputs": ["IMAGE", "INT", "AUDIO", "VHS_VIDEOINFO"],
    },
    # ComfyUI-LivePortraitKJ
    "DownloadAndLoadLivePortraitModels": {
        "required": {},
        "optional": {
            "precision": {"choices": ["fp16", "fp32", "auto"]},
            "mode": {"choices": ["human", "animal"]},
        },
        "outputs": ["LIVEPORTRAITPIPE"],
    },
    "LivePortraitLoadMediaPipeCropper": {
        "required": {
            "landmarkrunner_onnx_device": {"choices": ["CPU", "CUDA", "ROCM", "CoreML", "torch_gpu"]},
            "keep_model_loaded": {"type": "BOOLEAN", "default": True},
        },
        "outputs": ["LPCROPPER"],
    },
    "LivePortraitCropper": {
        "required": {
            "pipeline": {"type": "LIVEPORTRAITPIPE"},
            "cropper": {"type": "LPCROPPER"},
            "source_image": {"type": "IMAGE"},
            "dsize": {"type": "INT", "min": 64, "max": 2048, "default": 512},
            "scale": {"type": "FLOAT", "min": 1.0, "max": 4.0, "step": 0.01, "default": 2.3},
            "vx_ratio": {"type": "FLOAT", "min": -1.0, "max": 1.0, "step": 0.001, "default": 0.0},
            "vy_ratio": {"type": "FLOAT", "min": -1.0, "max": 1.0, "step": 0.001, "default": -0.125},
            "face_index": {"type": "INT", "min": 0, "max": 100, "default": 0},
            "face_index_order": {
                "choices": [
                    *("large-small", "left-right", "right-left", "top-bottom", "bottom-top", "small-large"),
                    "distance-from-retarget-face",
                ]
            },
            "rotate": {"type": "BOOLEAN", "default": True},
        },
        "outputs": ["IMAGE", "CROPINFO"],
    },
    "LivePortraitProcess": {
        "required": {
            "pipeline": {"type": "LIVEPORTRAITPIPE"},
            "crop_info": {"type": "CROPINFO"},
            "source_image": {"type": "IMAGE"},
            "driving_images": {"type": "IMAGE"},
            "lip_zero": {"type": "BOOLEAN", "default": False},
            "lip_zero_threshold": {"type": "FLOAT", "min": 0.001, "max": 4.0, "step": 0.001, "default": 0.03},
            "stitching": {"type": "BOOLEAN", "default": True},
            "delta_multiplier": {"type": "FLOAT", "min": -100.0, "max": 100.0, "default": 1.0},
            "mismatch_method": {"choices": ["constant", "cycle", "mirror", "cut"]},
            "relative_motion_mode": {
                "choices": [
                    "relative",
                    "source_video_smoothed",
                    "relative_rotation_only",
                    "single_frame",
                    "off",
                ]
            },
            "driving_smooth_observation_variance": {
                "type": "FLOAT",
                "min": 1e-11,
                "max": 1e-2,
                "step": 1e-11,
                "default": 3e-6,
            },
        },
        "optional": {
            "opt_retargeting_info": {"type": "RETARGETINGINFO"},
            "expression_friendly": {"type": "BOOLEAN", "default": False},
            "expression_friendly_multiplier": {"type": "FLOAT", "min": 0.01, "max": 100.0, "default": 1.0},
        },
        "outputs": ["IMAGE", "LP_OUT"],
    },
    "LivePortraitComposite": {
        "required": {
            "source_image": {"type": "IMAGE"},
            "cropped_image": {"type": "IMAGE"},
            "liveportrait_out": {"type": "LP_OUT"},
        },
        "optional": {"mask": {"type": "MASK"}},
        "outputs": ["IMAGE", "MASK"],
    },
    # ComfyUI-WanVideoWrapper
    "MultiTalkModelLoader": {
        "required": {"model": {"folder": "diffusion_models"}},
        "outputs": ["MULTITALKMODEL"],
    },
    "WanVideoLoraSelect": {
        "required": {
            "lora": {"folder": "loras"},
            "strength": {"type": "FLOAT", "min": -1000.0, "max": 1000.0, "default": 1.0},
        },
        "optional": {
            "prev_lora": {"type": "WANVIDLORA"},
            "blocks": {"type": "SELECTEDBLOCKS"},
            "low_mem_load": {"type": "BOOLEAN", "default": False},
            "merge_loras": {"type": "BOOLEAN", "default": True},
        },
        "outputs": ["WANVIDLORA"],
    },
    "WanVideoBlockSwap": {
        "required": {
            "blocks_to_swap": {"type": "INT", "min": 0, "max": 40, "default": 20},
            "offload_img_emb": {"type": "BOOLEAN", "default": False},
            "offload_txt_emb": {"type": "BOOLEAN", "default": False},
        },
        "optional": {
            "use_non_blocking": {"type": "BOOLEAN", "default": False},
            "vace_blocks_to_swap": {"type": "INT", "min": 0, "max": 15, "default": 0},
        },
        "outputs": ["BLOCKSWAPARGS"],
    },
    "WanVideoModelLoader": {
        "required": {
            "model": {"folder": "diffusion_models"},
            "base_precision": {"choices": ["fp32", "bf16", "fp16", "fp16_fast"]},
            "quantization": {"choices": ["disabled", "fp8_e4m3fn", "fp8_e4m3fn_scaled"]},
            "load_device": {"choices": ["main_device", "offload_device"]},
        },
        "optional": {
            "attention_mode": {"choices": ["sdpa", "flash_attn_2", "flash_attn_3", "sageattn"]},
            "block_swap_args": {"type": "BLOCKSWAPARGS"},
            "lora": {"type": "WANVIDLORA"},
            "multitalk_model": {"type": "MULTITALKMODEL"},
        },
        "outputs": ["WANVIDEOMODEL"],
    },
    "WanVideoVAELoader": {
        "required": {"model_name": {"folder": "vae"}},
        "optional": {"precision": {"choices": ["fp16", "fp32", "bf16"]}},
        "outputs": ["WANVAE"],
    },
    "WanVideoTextEncodeCached": {
        "required": {
            "model_name": {"folder": "text_encoders"},
            "precision": {"choices": ["fp32", "bf16"]},
            "positive_prompt": {"type": "STRING"},
            "negative_prompt": {"type": "STRING"},
            "quantization": {"choices": ["disabled", "fp8_e4m3fn"]},
            "use_disk_cache": {"type": "BOOLEAN", "default": True},
            "device": {"choices": ["gpu", "cpu"]},
        },
        "outputs": ["WANVIDEOTEXTEMBEDS", "WANVIDEOTEXTEMBEDS", "STRING"],
    },
    "WanVideoClipVisionEncode": {
        "required": {
            "clip_vision": {"type": "CLIP_VISION"},
            "image_1": {"type": "IMAGE"},
            "strength_1": {"type": "FLOAT", "min": 0.0, "max": 10.0, "default": 1.0},
            "strength_2": {"type": "FLOAT", "min": 0.0, "max": 10.0, "default": 1.0},
            "crop": {"choices": ["center", "disabled"]},
            "combine_embeds": {"choices": ["average", "sum", "concat", "batch"]},
            "force_offload": {"type": "BOOLEAN", "default": True},
        },
        "outputs": ["WANVIDIMAGE_CLIPEMBEDS"],
    },
    "Wav2VecModelLoader": {
        "required": {
            "model": {"folder": "wav2vec2"},
            "base_precision": {"choices": ["fp32", "bf16", "fp16"]},
            "load_device": {"choices": ["main_device", "offload_device"]},
        },
        "outputs": ["WAV2VECMODEL"],
    },
    "MultiTalkWav2VecEmbeds": {
        "required": {
            "wav2vec_model": {"type": "WAV2VECMODEL"},
            "audio_1": {"type": "AUDIO"},
            "normalize_loudness": {"type": "BOOLEAN", "default": True},
            "num_frames": {"type": "INT", "min": 1, "max": 10000, "default": 81},
            "fps": {"type": "FLOAT", "min": 1.0, "max": 60.0, "default": 25.0},
            "audio_scale": {"type": "FLOAT", "min": 0.0, "max": 100.0, "default": 1.0},
            "audio_cfg_scale": {"type": "FLOAT", "min": 0.0, "max": 100.0, "default": 1.0},
            "multi_audio_type": {"choices": ["para", "add"]},
        },
        "outputs": ["MULTITALK_EMBEDS", "AUDIO", "INT"],
    },
    "WanVideoImageToVideoMultiTalk": {
        "required": {
            "vae": {"type": "WANVAE"},
            "width": {"type": "INT", "min": 64, "max": 2048, "default": 832},
            "height": {"type": "INT", "min": 64, "max": 29048, "default": 480},
            "frame_window_size": {"type": "INT", "min": 1, "max": 10000, "default": 81},
            "motion_frame": {"type": "INT", "min": 1, "max": 10000, "default": 25},
            "force_offload": {"type": "BOOLEAN", "default": False},
            "colormatch": {"choices": ["disabled", "mkl", "hm", "reinhard"]},
        },
        "optional": {
            "start_image": {"type": "IMAGE"},
            "clip_embeds": {"type": "WANVIDIMAGE_CLIPEMBEDS"},
            "mode": {"choices": ["auto", "multitalk", "infinitetalk"]},
        },
        "outputs": ["WANVIDIMAGE_EMBEDS", "STRING"],
    },
    "WanVideoSampler": {
        "required": {
            "model": {"type": "WANVIDEOMODEL"},
            "image_embeds": {"type": "WANVIDIMAGE_EMBEDS"},
            "steps": {"type": "INT", "min": 1, "default": 30},
            "cfg": {"type": "FLOAT", "min": 0.0, "max": 30.0, "default": 6.0},
            "shift": {"type": "FLOAT", "min": 0.0, "max": 1000.0, "default": 5.0},
            "seed": {"type": "INT", "min": 0, "max": 18446744073709551615, "default": 0},
            "force_offload": {"type": "BOOLEAN", "default": True},
            "scheduler": {"choices": ["unipc", "dpm++", "dpm++_sde", "euler", "multitalk"]},
            "riflex_freq_index": {"type": "INT", "min": 0, "max": 1000, "default": 0},
        },
        "optional": {
            "text_embeds": {"type": "WANVIDEOTEXTEMBEDS"},
            "multitalk_embeds": {"type": "MULTITALK_EMBEDS"},
        },
        "outputs": ["LATENT", "LATENT"],
    },
    "WanVideoPassImagesFromSamples": {
        "required": {"samples": {"type": "LATENT"}},
        "outputs": ["IMAGE", "STRING"],
    },
    "ADE_AnimateDiffLoaderGen1": {
        "required": {
            "model": {"type": "MODEL"},
            "model_name": {"folder": "animatediff_models"},
            "beta_schedule": {"choices": ["autoselect", "sqrt_linear (AnimateDiff)", "linear"]},
        },
        "optional": {
            "context_options": {"type": "CONTEXT_OPTIONS"},
            "motion_lora": {"type": "MOTION_LORA"},
            "ad_settings": {"type": "AD_SETTINGS"},
            "ad_keyframes": {"type": "AD_KEYFRAMES"},
            "sample_settings": {"type": "SAMPLE_SETTINGS"},
            "scale_multival": {"type": "MULTIVAL"},
            "effect_multival": {"type": "MULTIVAL"},
            "per_block": {"type": "PER_BLOCK"},
        },
        "outputs": ["MODEL"],
    },
    "ADE_StandardUniformContextOptions": {
        "required": {
            "context_length": {"type": "INT", "min": 1, "max": 128, "default": 16},
            "context_stride": {"type": "INT", "min": 1, "max": 32, "default": 1},
            "context_overlap": {"type": "INT", "min": 0, "max": 128, "default": 4},
        },
        "optional": {
            "start_percent": {"type": "FLOAT", "min": 0.0, "max": 1.0, "default": 0.0},
            "prev_context": {"type": "CONTEXT_OPTIONS"},
            "view_opts": {"type": "VIEW_OPTS"},
        },
        "outputs": ["CONTEXT_OPTIONS"],
    },
    "InspyrenetRembg": {
        "required": {"image": {"type": "IMAGE"}, "torchscript_jit": {"choices": ["default", "on"]}},
        "outputs": ["IMAGE", "MASK"],
    },
}


def server_info(
    models: Mapping[str, Iterable[str]] | None = None, *, custom: bool = False, without: Iterable[str] = ()
) -> ObjectInfo:
    """What such a server answers, with these models by folder and with or without the custom nodes."""
    skipped = set(without)
    nodes = server_nodes(models, custom=custom)
    return ObjectInfo({name: node for name, node in nodes.items() if name not in skipped})


def server_nodes(
    models: Mapping[str, Iterable[str]] | None = None, *, custom: bool = False
) -> dict[str, Any]:
    """Its `/object_info` itself, for servers that are played over a socket."""
    listed = {folder: list(names) for folder, names in (models or {}).items()}
    nodes = {**CORE, **(CUSTOM if custom else {})}
    return {name: _node(facts, listed) for name, facts in nodes.items()}


def server(*checkpoints: str, custom: bool = False, **models: Iterable[str]) -> Candidate:
    """A server with these checkpoints, and models of other folders."""
    info = server_info({"checkpoints": checkpoints, **models}, custom=custom)
    return Candidate("comfy", info, "http://gpu:8188")


def every_model() -> dict[str, list[str]]:
    """All files that the library tells people to get, by folder, and two LoRAs."""
    found: dict[str, list[str]] = {"loras": ["hero.safetensors", "styles/ink.safetensors"]}
    for workflow in workflows.load_library().values():
        for choice in workflow.manifest.models.values():
            names = found.setdefault(choice.folder.removeprefix("models/"), [])
            names += [file.name for file in choice.files if file.name not in names]
    return found


def _node(facts: Mapping[str, Any], models: Mapping[str, list[str]]) -> dict[str, Any]:
    inputs = {
        group: {name: _input(spec, models) for name, spec in facts[group].items()}
        for group in ("required", "optional")
        if group in facts
    }
    return {"input": inputs, "output": facts["outputs"], "output_node": facts.get("ends", False)}


def _input(spec: Mapping[str, Any], models: Mapping[str, list[str]]) -> list[Any]:
    if "upload" in spec:
        return [["example.png"], {f"{spec['upload']}_upload": True}]
    if "folder" in spec:
        return [models.get(spec["folder"], [])]
    if "choices" in spec:
        return [spec["choices"]]
    return [spec["type"], {name: value for name, value in spec.items() if name != "type"}]
