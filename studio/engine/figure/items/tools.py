"""Everything else that a hand may hold."""

from __future__ import annotations

import numpy as np

from ..palette import toned
from ..shape.mesh import sheet
from .registry import Smith, item

Array = np.ndarray


@item("book", "clipboard", "phone", "camera", "scroll")
def flat_things(smith: Smith) -> None:
    """Flat things in the palm."""
    kind = smith.item.kind
    if kind == "book":
        for z, size in ((-0.014, 1.0), (0.030, 1.0)):
            smith.box((0.0, 0.07, 0.05 + z), (0.088 * size, 0.120, 0.006))
        smith.box((0.004, 0.07, 0.058), (0.080, 0.112, 0.020), smith.cloth((246, 240, 222)))
        smith.ball((0.0, 0.07, 0.088), (0.030, 0.036, 0.006), smith.metal())
        for x in (-0.075, 0.075):
            for y in (-0.035, 0.175):
                smith.ball((x, y, 0.086), (0.013, 0.013, 0.005), smith.metal())
    elif kind == "clipboard":
        smith.box((0, 0.08, 0.045), (0.085, 0.125, 0.006))
        smith.box((0, 0.07, 0.053), (0.074, 0.105, 0.003), smith.cloth((250, 250, 248)))
        smith.box((0, 0.19, 0.056), (0.030, 0.014, 0.007), smith.metal())
        for k in range(4):
            smith.rod(
                [(-0.05, 0.13 - 0.035 * k, 0.058), (0.05, 0.13 - 0.035 * k, 0.058)],
                (0.003, 0.003),
                smith.cloth((140, 150, 170)),
                6,
            )
    elif kind == "phone":
        smith.box((0, 0.055, 0.03), (0.036, 0.072, 0.007))
        smith.box((0, 0.055, 0.038), (0.031, 0.062, 0.002), smith.light((150, 210, 250)))
    elif kind == "camera":
        smith.box((0, 0.03, 0.045), (0.070, 0.045, 0.028))
        smith.rod([(0, 0.03, 0.07), (0, 0.03, 0.125)], (0.034, 0.032), smith.metal((70, 72, 80)), 18)
        smith.ball((0, 0.03, 0.126), (0.026, 0.026, 0.008), smith.gem((70, 110, 170)))
    else:
        smith.rod([(0, -0.11, 0.02), (0, 0.20, 0.02)], (0.026, 0.026), smith.cloth(smith.item.colour), 16)
        for y in (-0.11, 0.20):
            smith.ball((0, y, 0.02), (0.016, 0.020, 0.016), smith.leather())
        smith.hoop((0, 0.05, 0.02), 0.028, 0.006, smith.cloth((190, 46, 52)))


@item("lantern", "torch", "orb", "potion", "cup", "ball")
def round_things(smith: Smith) -> None:
    """Round things: light, glass, drink, play."""
    kind = smith.item.kind
    colour = smith.item.colour
    if kind == "torch":
        smith.rod([(0, -0.16, 0), (0, 0.30, 0)], (0.014, 0.020))
        smith.rod([(0, 0.26, 0), (0, 0.34, 0)], (0.028, 0.034), smith.cloth((70, 54, 44)))
        for k in range(5):
            a = k * 2.4
            top = (0.03 * np.cos(a), 0.50 + 0.05 * (k % 3), 0.03 * np.sin(a))
            smith.rod(
                [
                    (0.015 * np.cos(a), 0.33, 0.015 * np.sin(a)),
                    (0.035 * np.cos(a), 0.41, 0.035 * np.sin(a)),
                    top,
                ],
                (0.024, 0.030, 0.003),
                smith.light(((255, 150, 50), (255, 206, 90))[k % 2]),
                8,
            )
    elif kind == "lantern":
        smith.hoop((0, 0.0, 0.03), 0.034, 0.006, None, "x")
        smith.rod([(0, 0, 0.07), (0, 0, 0.10)], (0.03, 0.060), None, 12)
        smith.rod([(0, 0, 0.10), (0, 0, 0.21)], (0.045, 0.045), smith.light((255, 214, 120)), 12)
        for k in range(4):
            a = np.pi / 4 + k * np.pi / 2
            smith.rod(
                [(0.052 * np.cos(a), 0.052 * np.sin(a), 0.09), (0.052 * np.cos(a), 0.052 * np.sin(a), 0.22)],
                (0.006, 0.006),
                None,
                6,
            )
        smith.rod([(0, 0, 0.21), (0, 0, 0.235)], (0.062, 0.056), None, 12)
    elif kind == "orb":
        smith.ball((0, 0.02, 0.085), 0.068, smith.gem(colour) if not smith.item.glow else smith.light(colour))
        smith.ball((0, 0.02, 0.085), 0.036, smith.light(toned(colour, 0.15)))
    elif kind == "potion":
        smith.turned(
            [
                (0.0, -0.045),
                (0.040, -0.04),
                (0.050, 0.0),
                (0.040, 0.045),
                (0.016, 0.065),
                (0.016, 0.10),
                (0.021, 0.105),
            ],
            smith.gem(colour),
        )
        smith.rod([(0, 0.095, 0), (0, 0.125, 0)], (0.015, 0.016), smith.leather((170, 120, 80)))
    elif kind == "cup":
        smith.turned(
            [(0.0, -0.040), (0.034, -0.038), (0.040, 0.055), (0.037, 0.055), (0.031, -0.02), (0.0, -0.02)]
        )
        smith.hoop((0.045, 0.01, 0), 0.026, 0.007, None, "z")
        smith.ball((0, 0.036, 0), (0.035, 0.006, 0.035), smith.cloth((110, 66, 40)))
    else:
        smith.ball((0, 0.02, 0.10), 0.105)
        for axis in ("x", "y", "z"):
            smith.hoop((0, 0.02, 0.10), 0.1045, 0.003, smith.cloth((50, 44, 44)), axis)


@item("fan", "umbrella", "flower")
def pretty_things(smith: Smith) -> None:
    """Fans, parasols, flowers."""
    kind = smith.item.kind
    if kind == "fan":

        def leaf(u: Array, v: Array) -> Array:
            angle = (v - 0.5) * np.radians(140)
            r = 0.05 + 0.17 * u
            return np.stack(
                [0.006 * np.sign(np.sin(v * 60)), 0.02 + np.cos(angle) * r, np.sin(angle) * r], -1
            )

        smith.add(sheet(leaf, 8, 61, outward=(1, 0, 0)), smith.cloth(smith.item.colour))
        for k in range(9):
            a = np.radians(-68 + 17 * k)
            smith.rod(
                [(0, 0.0, 0), (0.008, 0.02 + np.cos(a) * 0.12, np.sin(a) * 0.12)],
                (0.004, 0.004),
                smith.leather((70, 50, 40)),
                6,
            )
    elif kind == "umbrella":
        smith.rod([(0, -0.10, 0), (0, 0.78, 0)], (0.010, 0.008), smith.leather((84, 62, 48)))

        def dome(u: Array, v: Array) -> Array:
            angle = v * 2 * np.pi
            scallop = 1 - 0.05 * np.abs(np.sin(angle * 4)) * u
            r = 0.46 * np.sin(u * np.pi * 0.47) * scallop
            return np.stack(
                [np.cos(angle) * r, 0.80 - 0.24 * (1 - np.cos(u * np.pi * 0.5)), np.sin(angle) * r], -1
            )

        smith.add(sheet(dome, 14, 65, outward=(0, 1, 0)), smith.cloth(smith.item.colour))
        smith.rod([(0, 0.78, 0), (0, 0.86, 0)], (0.010, 0.003), smith.metal())
    else:
        smith.rod(
            [(0, -0.14, 0), (0.01, 0.10, 0), (0, 0.26, 0.01)],
            (0.006, 0.006, 0.006),
            smith.cloth((70, 130, 66)),
        )
        for k in range(8):
            a = k * 2.4
            r = 0.012 + 0.004 * k
            top = np.array([np.cos(a) * r, 0.285 + 0.010 * (k % 3), np.sin(a) * r])
            smith.ball(top, (0.022, 0.026, 0.022), smith.cloth(toned(smith.item.colour, -0.012 * k + 0.04)))
        smith.rod(
            [(0.004, 0.06, 0), (0.06, 0.12, 0.02), (0.09, 0.13, 0.03)],
            (0.004, 0.024, 0.003),
            smith.cloth((84, 148, 74)),
            8,
            0.3,
        )


@item("fishing_rod", "wrench", "ladle", "magnifying_glass", "syringe")
def tools(smith: Smith) -> None:
    """Tools of many trades."""
    kind = smith.item.kind
    if kind == "fishing_rod":
        smith.rod([(0, -0.20, 0), (0, 0.4, 0), (0, 1.0, 0.12), (0, 1.2, 0.30)], (0.014, 0.010, 0.005, 0.002))
        smith.hoop((0, -0.05, 0.035), 0.026, 0.010, smith.metal(), "x")
        smith.rod([(0, 1.2, 0.30), (0, 0.5, 0.36)], (0.0016, 0.0016), smith.cloth((230, 232, 236)), 6)
        smith.ball((0, 0.48, 0.36), 0.018, smith.cloth((220, 60, 56)))
    elif kind == "wrench":
        smith.rod([(0, -0.10, 0), (0, 0.20, 0)], (0.016, 0.014), None, 10, 0.5)
        for sign in (-1, 1):
            smith.rod(
                [(0, 0.19, 0), (0, 0.235, sign * 0.042), (0, 0.285, sign * 0.026)],
                (0.016, 0.019, 0.010),
                None,
                10,
                0.6,
                (1, 0, 0),
            )
    elif kind == "ladle":
        smith.rod([(0, -0.10, 0), (0, 0.24, 0.0)], (0.009, 0.007))
        smith.turned(
            [(0.0, 0.225), (0.040, 0.235), (0.056, 0.275), (0.052, 0.275), (0.036, 0.243), (0.0, 0.235)]
        )
    elif kind == "magnifying_glass":
        smith.rod([(0, -0.08, 0), (0, 0.08, 0)], (0.014, 0.011), smith.leather((74, 48, 38)))
        smith.hoop((0, 0.145, 0), 0.064, 0.009, None, "x")
        smith.ball((0, 0.145, 0), (0.008, 0.058, 0.058), smith.gem((176, 214, 236)))
    else:
        smith.rod([(0, -0.03, 0), (0, 0.10, 0)], (0.016, 0.016), smith.gem(smith.item.colour))
        smith.rod([(0, 0.10, 0), (0, 0.17, 0)], (0.003, 0.001), smith.metal((210, 214, 222)))
        smith.rod([(0, -0.03, 0), (0, -0.075, 0)], (0.006, 0.006), smith.metal((210, 214, 222)))
        smith.ball((0, -0.08, 0), (0.018, 0.005, 0.018), smith.metal((210, 214, 222)))
