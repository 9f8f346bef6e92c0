"""Pictures: guarded decoding, thumbnails and other formats, and the recipe that they carry."""

from studio.pictures.convert import convert, thumbnail, thumbnail_of_pixels
from studio.pictures.decode import MIME_TYPES, Format, PictureFacts, decode, inspect, sniff
from studio.pictures.drift import Drift, drift
from studio.pictures.formats import SUFFIXES, in_format
from studio.pictures.pixels import Pixels, read_pixels
from studio.pictures.recipe import film_with_recipe, read_comfy, read_recipe, with_recipe, write_recipe
from studio.pictures.source import Source

__all__ = [
    "MIME_TYPES",
    "SUFFIXES",
    "Drift",
    "Format",
    "PictureFacts",
    "Pixels",
    "Source",
    "convert",
    "decode",
    "drift",
    "film_with_recipe",
    "in_format",
    "inspect",
    "read_comfy",
    "read_pixels",
    "read_recipe",
    "sniff",
    "thumbnail",
    "thumbnail_of_pixels",
    "with_recipe",
    "write_recipe",
]
