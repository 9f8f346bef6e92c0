"""Finished hair: pressed by hats, kept off the eyes, in the tones of its colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..palette import HAIR, Paint, mix, toned
from ..shape.curves import smoothstep
from ..shape.mesh import Mesh
from ..spec import RGB
from ..workshop import Workshop
from .locks import CENTRE, RADII, Barber

# From which height on a hat presses the hair; 0 and below: it holds all the hair of the head.
HAT_LINES = {
    **dict.fromkeys(("wizard_hat", "witch_hat", "top_hat", "bowler_hat", "fedora", "cowboy_hat"), 0.72),
    **dict.fromkeys(("straw_hat", "feathered_hat", "tricorn", "chef_hat", "beret", "santa_hat"), 0.72),
    **dict.fromkeys(("cap", "peaked_cap", "beanie", "turban", "bandana", "kasa"), 0.64),
    **dict.fromkeys(("hood", "helmet", "horned_helmet", "kabuto", "space_helmet", "cyber_helmet"), 0.0),
}


def colour(barber: Barber) -> None:
    """Add all locks to the workshop, in the colours of the hair."""
    hair = barber.shop.spec.hair
    tips = {"tips": (0.55, 0.95), "roots": (0.0, 0.28), "highlights": (2e3, 3e3)}.get(
        hair.second_where or "", (2e3, 3e3)
    )
    base, other = hair.colour, hair.second
    paint = Paint(base, HAIR)
    if other is not None and hair.second_where == "tips":
        paint = Paint(base, HAIR, tip=other, tip_from=tips[0], tip_to=tips[1])
    elif other is not None and hair.second_where == "roots":
        paint = Paint(other, HAIR, tip=base, tip_from=0.05, tip_to=0.35)
    for mesh, bare in barber.stubble:
        colour = mix(base, barber.shop.spec.skin.colour, bare)
        barber.shop.add(_under_hat(barber.shop, mesh), Paint(colour), "hair", "hair")
    strands = _strands(paint)
    for number, mesh in enumerate(barber.meshes):
        mesh = _beside_the_eyes(_under_hat(barber.shop, mesh))
        colour = strands[number % len(strands)]
        if other is not None and hair.second_where not in ("tips", "roots"):
            colour = _second(number, mesh, colour, other, hair.second_where)
        barber.shop.add(mesh, colour, "hair", "hair")


def worn_over(shop: Workshop) -> set[str]:
    """The kinds of what is worn on the head, a hood that belongs to a cloak or a robe among them."""
    spec = shop.spec
    up = {"hood" for garment in spec.garments if garment.variant == "hood_up"}
    return up | {garment.kind for garment in spec.worn("head")}


def _under_hat(shop: Workshop, mesh: Mesh) -> Mesh:
    """Hair lies flat under what is worn on the head."""
    line = min((HAT_LINES.get(kind, 9.0) for kind in worn_over(shop)), default=9.0)
    if line > 2:
        return mesh
    offset = (mesh.points - CENTRE) / RADII
    size = np.sqrt((offset * offset).sum(1))
    tight = 0.97 if line > 0 else 1.0
    over = smoothstep(line - 0.06, line + 0.02, mesh.points[:, 1]) if line > 0 else np.ones(len(size))
    if line <= 0:
        over = over * (mesh.points[:, 1] > 0.10)
    shrink = np.where(size > tight, tight + (size - tight) * 0.06, size) / np.maximum(size, 1e-6)
    factor = 1 + (shrink - 1) * over
    return replace(mesh, points=CENTRE + (mesh.points - CENTRE) * factor[:, None])


def _second(number: int, mesh: Mesh, paint: Paint, other: RGB, where: str | None) -> Paint:
    middle = mesh.points.mean(0)
    if where == "split":
        chosen = middle[0] < -0.005
    elif where == "streak":
        chosen = number % 11 == 4
    else:
        chosen = number % 4 == 2
    return replace(paint, colour=other) if chosen else paint


def _strands(paint: Paint) -> list[Paint]:
    """The paint in the tones of single strands: hair of one tone looks like a helmet."""
    dark = sum(paint.colour) < 150
    steps = (
        (0.0, 0.030, 0.0, 0.016, 0.046, 0.0, 0.022)
        if dark
        else (0.0, -0.034, 0.012, -0.016, 0.0, 0.022, -0.024)
    )
    return [paint if step == 0.0 else replace(paint, colour=toned(paint.colour, step)) for step in steps]


def _beside_the_eyes(mesh: Mesh) -> Mesh:
    """Hair at the temples stays behind the eye, so that a profile has one."""
    x, y, z = mesh.points.T
    near = smoothstep(0.24, 0.30, np.abs(x)) * smoothstep(0.22, 0.29, y) * smoothstep(0.58, 0.50, y)
    over = np.clip(z - 0.20, 0, None)
    if not (near * over > 0).any():
        return mesh
    points = mesh.points.copy()
    points[:, 2] -= 0.75 * near * over
    return replace(mesh, points=points)
