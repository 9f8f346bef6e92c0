"""Where things come from: which node pack brings a node, and which folder a loader reads."""

from __future__ import annotations

# Each loader input that names a model file, and the folder below ComfyUI's models/ that it lists.
FOLDERS = {
    "ckpt_name": "checkpoints",
    "vae_name": "vae",
    "lora_name": "loras",
    "control_net_name": "controlnet",
    "unet_name": "diffusion_models",
    "style_model_name": "style_models",
    "gligen_name": "gligen",
    "hypernetwork_name": "hypernetworks",
    "photomaker_model_name": "photomaker",
    "audio_encoder_name": "audio_encoders",
    "clip_name": "text_encoders",
    "clip_name1": "text_encoders",
    "clip_name2": "text_encoders",
    "clip_name3": "text_encoders",
    "clip_name4": "text_encoders",
    "config_name": "configs",
    "ipadapter_file": "ipadapter",
    "instantid_file": "instantid",
    "pulid_file": "pulid",
}
# Loaders whose input name alone says too little.
LOADER_FOLDERS = {
    ("CLIPVisionLoader", "clip_name"): "clip_vision",
    ("UpscaleModelLoader", "model_name"): "upscale_models",
    ("ModelPatchLoader", "name"): "model_patches",
    ("DiffusersLoader", "model_path"): "diffusers",
    ("UltralyticsDetectorProvider", "model_name"): "ultralytics",
    ("SAMLoader", "model_name"): "sams",
    ("LoadRMBGModel", "model"): "rembg",
    ("ADE_LoadAnimateDiffModel", "model"): "animatediff_models",
    ("UnetLoaderGGUF", "unet_name"): "diffusion_models",
}
# Inputs that name a file in the server's input folder instead.
UPLOAD_FLAGS = ("image_upload", "audio_upload", "video_upload", "animated_image_upload")

# Beginnings of node names, longest match first, and the pack that brings them.
PACKS = {
    "IPAdapter": "ComfyUI_IPAdapter_plus",
    "PrepImageForClipVision": "ComfyUI_IPAdapter_plus",
    "ApplyInstantID": "ComfyUI_InstantID",
    "InstantID": "ComfyUI_InstantID",
    "Pulid": "ComfyUI_PuLID",
    "ApplyPulid": "ComfyUI_PuLID",
    "AIO_Preprocessor": "comfyui_controlnet_aux",
    "DWPreprocessor": "comfyui_controlnet_aux",
    "OpenposePreprocessor": "comfyui_controlnet_aux",
    "CannyEdgePreprocessor": "comfyui_controlnet_aux",
    "DepthAnything": "comfyui_controlnet_aux",
    "MiDaS-": "comfyui_controlnet_aux",
    "LineArtPreprocessor": "comfyui_controlnet_aux",
    "ACN_": "ComfyUI-Advanced-ControlNet",
    "ADE_": "ComfyUI-AnimateDiff-Evolved",
    "VHS_": "ComfyUI-VideoHelperSuite",
    "FaceDetailer": "ComfyUI-Impact-Pack",
    "SAMLoader": "ComfyUI-Impact-Pack",
    "Ultralytics": "ComfyUI-Impact-Subpack",
    "Impact": "ComfyUI-Impact-Pack",
    "ReActor": "ComfyUI-ReActor",
    "UltimateSDUpscale": "ComfyUI_UltimateSDUpscale",
    "UnetLoaderGGUF": "ComfyUI-GGUF",
    "CLIPLoaderGGUF": "ComfyUI-GGUF",
    "DualCLIPLoaderGGUF": "ComfyUI-GGUF",
    "RIFE": "ComfyUI-Frame-Interpolation",
    "FILM": "ComfyUI-Frame-Interpolation",
    "Image Remove Background (rembg)": "was-node-suite-comfyui",
    "InspyrenetRembg": "ComfyUI-Inspyrenet-Rembg",
    "BiRefNet": "ComfyUI-BiRefNet",
    "SonicSampler": "ComfyUI_Sonic",
    "LivePortrait": "ComfyUI-LivePortraitKJ",
    "DownloadAndLoadLivePortrait": "ComfyUI-LivePortraitKJ",
    "SadTalker": "Comfyui-SadTalker",
    "WanVideo": "ComfyUI-WanVideoWrapper",
    "LayerDiffuse": "ComfyUI-layerdiffuse",
    "LayeredDiffusion": "ComfyUI-layerdiffuse",
}
OWN_NODES = ("FigureView", "FigureReference", "FigureIdentity")


def pack_of(class_type: str) -> str | None:
    """The node pack that is known to bring a node."""
    for beginning in sorted(PACKS, key=len, reverse=True):
        if class_type.startswith(beginning):
            return PACKS[beginning]
    return None


def how_to_get(class_type: str) -> str:
    """What to do about a node that a server lacks."""
    if class_type in OWN_NODES:
        return f"{class_type} belongs to the embedded engine: ask for that, or choose another workflow"
    if pack := pack_of(class_type):
        return f"Install the custom nodes {pack}, which provide {class_type}, on that server and restart it"
    return (
        f"Install the custom node that provides {class_type} on that server (ComfyUI Manager finds it), "
        "update ComfyUI if it is an own node of a newer version, or choose another workflow"
    )
