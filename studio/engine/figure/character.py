"""From spec to finished model: built, dressed and combed once, and kept for the next view."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock

from .features import add_features
from .garments import add_garments
from .hair import add_beard, add_hair
from .items import add_items, add_stool
from .oklab import set_off
from .shape.person import add_person
from .spec import Background, CameraHint, Hair, Pose, Spec
from .workshop import Model, Workshop

_KEPT = 6  # models; each is some 20 MB
_models: OrderedDict[Spec, Model] = OrderedDict()
_lock = Lock()


def built_from(spec: Spec) -> Spec:
    """The part of a spec that the model depends on: not the view, the background, the mood or the angles."""
    name = "sit" if spec.pose.name == "sit" else "idle"  # who sits has a stool
    pose = Pose(name, left_hand=spec.pose.left_hand, right_hand=spec.pose.right_hand)
    face = replace(spec.face, expression="neutral")
    bare = replace(spec, background=Background(), camera=CameraHint(), style="anime")
    return replace(bare, pose=pose, face=face, hair=_set_off(spec))


def _set_off(spec: Spec) -> Hair:
    """Hair and beard as they are drawn: the colours that were said, set off from skin of the same colour."""
    hair, skin = spec.hair, spec.skin.colour
    if spec.skin.surface == "fur":
        return hair
    beard = None if hair.beard_colour is None else set_off(hair.beard_colour, skin)
    return replace(hair, colour=set_off(hair.colour, skin), beard_colour=beard)


def model_of(spec: Spec) -> Model:
    """The model of a character, built once for all its views."""
    key = built_from(spec)
    with _lock:
        if key in _models:
            _models.move_to_end(key)
            return _models[key]
    model = _build(key)
    with _lock:
        _models[key] = model
        while len(_models) > _KEPT:
            _models.popitem(last=False)
    return model


def _build(spec: Spec) -> Model:
    shop = Workshop(spec)
    add_person(shop)
    add_hair(shop)
    add_beard(shop)
    add_features(shop)
    add_garments(shop)
    add_items(shop)
    if spec.pose.name == "sit":
        add_stool(shop)
    return shop.finish()
