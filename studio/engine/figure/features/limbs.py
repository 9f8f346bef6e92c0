"""Arms and legs that are not flesh alone: steel, hooves, claws; and spikes."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

import numpy as np

from ..palette import GLOW, LEATHER, METAL, Paint, toned
from ..shape.curves import unit
from ..shape.mesh import loop_tube, rings, tube
from ..spec import Feature
from ..workshop import Workshop
from .registry import feature


@feature("cyber_arm", "cyber_leg")
def prosthetics(shop: Workshop, item: Feature) -> None:
    """An arm or leg of steel."""
    from ..shape.body import hand
    from ..shape.field import keep, pack, skin
    from ..shape.person import hand_shapes, hand_size

    paint = Paint(item.colour, METAL)
    light = Paint((80, 215, 250), GLOW)
    if item.kind == "cyber_leg":
        mesh = skin(
            pack([*shop.group("right_shin", "right_foot", grow=0.004), keep((0, 0.50, 0), (0, -1, 0))]), 0.007
        )
        shop.add(mesh, paint, "feature", "right_leg", layer=1)
        return
    shoulder, wrist = shop.rest["right_shoulder"], shop.rest["right_wrist"]
    axis = unit(wrist - shoulder)
    mesh = skin(
        pack(
            [*shop.group("right_upper_arm", "right_forearm", grow=0.005), keep(shoulder + axis * 0.06, axis)]
        ),
        0.0065,
    )
    shop.add(mesh, paint, "feature", "right_arm", layer=1)
    shop.add(
        hand(hand_shapes(shop.spec)["right"], shop.rest, "right", hand_size(shop), 0.002),
        paint,
        "hands",
        "right_wrist",
        layer=1,
    )
    for t in (0.075, 0.235, 0.27, 0.44):
        angle = np.linspace(0, 2 * np.pi, 25)[:-1, None]
        up = np.cross(axis, [0, 0, 1.0])
        r = 0.052 * shop.figure.limb * (1.0 if t < 0.2 else 0.84)
        loop = shoulder + axis * t + (up * np.sin(angle) + np.array([0, 0, 1.0]) * np.cos(angle)) * r
        shop.add(
            loop_tube(loop, 0.006),
            light if t in (0.235,) else Paint(toned(item.colour, -0.15), METAL),
            "feature",
            "right_arm",
            layer=1,
            casts=False,
        )


@feature("hooves", "claws", "spikes")
def odds(shop: Workshop, item: Feature) -> None:
    """Hooves for feet, claws on fingers, a ridge along the spine."""
    if item.kind == "spikes":
        for k in range(7):
            y = 1.36 - 0.055 * k
            root = np.array([0, y, -0.095])
            shop.add(
                rings(tube([root, root + (0, 0.02, -0.055)], (0.022, 0.003), 6, 10)),
                Paint(item.colour, LEATHER),
                "feature",
                "chest",
            )
        return
    for side, sign in (("left", 1.0), ("right", -1.0)):
        ankle = shop.rest[f"{side}_ankle"]
        if item.kind == "hooves":
            line = [(ankle[0], 0.085, ankle[2] + 0.01), (ankle[0] + sign * 0.01, 0.0, ankle[2] + 0.07)]
            shop.add(
                rings(tube(line, (0.052, 0.066), 8, 20)),
                Paint(item.colour, LEATHER),
                "feature",
                f"{side}_ankle",
                layer=3,
            )
        else:
            turned = shop.rest.turned(f"{side}_wrist")
            for z in (0.030, 0.010, -0.011, -0.030):
                start = turned @ np.array([0.0, -0.145, z]) + shop.rest[f"{side}_wrist"]
                end = turned @ np.array([-sign * 0.012, -0.185, z]) + shop.rest[f"{side}_wrist"]
                shop.add(
                    rings(tube([start, end], (0.007, 0.001), 5, 6)),
                    Paint(item.colour, LEATHER),
                    "hands",
                    f"{side}_wrist",
                    casts=False,
                )
