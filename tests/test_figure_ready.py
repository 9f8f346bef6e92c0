"""Making figure and portraits ready covers everything: later pictures find all their kernels compiled."""

from __future__ import annotations

import json
import subprocess
import sys

# In a process of its own, as the other tests have drawn all kinds of pictures already.
PROGRAM = """
import json
import numpy as np
from studio.engine.figure import DrawRequest, control_maps, draw, warm_up
from studio.engine.figure.compiled import KERNELS
from studio.engine.figure.keys import STYLES
from studio.engine.talking.moment import Moment, Mouth

def compiled():
    return {f"{k.py_func.__module__}.{k.py_func.__qualname__}": len(k.signatures) for k in KERNELS}

warm_up()
ready = compiled()
WORDS = (
    "wizard, robe, long beard, staff, hat, in a forest", "schoolgirl, uniform, twin tails, sitting",
    "orc, axe, fur cloak, horned helmet", "dragon-folk with wings and tail, scarf", "robot, jetpack",
    "man, suit, fedora, walking", "bride, jumping, wink", "ninja, mask", "girl, braids, backpack, plaid coat",
    "elf archer, bow, green hood, boots",
)
for number, style in enumerate(STYLES):
    request = DrawRequest(WORDS[number % len(WORDS)], seed=number, style=style, width=64, height=96)
    draw(request)
    control_maps(request)
later = compiled()

from studio.engine.talking.portraits import open_portrait
from studio.engine.talking.portraits.ready import make_ready
make_ready()
portraits = compiled()
moment = Moment(Mouth(0.5, 0.5, 0.2, 0.5, 0.5), 0.5, 0.5, 0.5, (0.3, 0.1), 0.1, 0.1, 0.1, 0.5, (0.1, 0.1))
for style in ("anime", "oil", "pixel"):
    shown = draw(DrawRequest("witch, hat, long hair", width=64, height=96, style=style))
    open_portrait(shown.rgba[..., :3], shown.recipe, 96).frame(moment)
eyes = {"left_eye": [30, 30], "right_eye": [60, 30], "mouth": [45, 62]}
open_portrait(np.full((96, 96, 3), 180, np.uint8), None, 96, eyes).frame(moment)
print(json.dumps([ready, later, portraits, compiled()]))
"""


def test_after_the_warm_up_nothing_is_compiled_any_more() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=280, check=False
    )
    assert ran.returncode == 0, ran.stderr
    ready, later, portraits, talked = json.loads(ran.stdout.splitlines()[-1])
    assert sum(ready.values()) > 10
    assert {name: count for name, count in later.items() if name in ready} == ready
    assert sum(later.values()) == sum(ready.values())
    assert any("portraits" in name for name in portraits)
    assert talked == portraits
