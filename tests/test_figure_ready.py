"""Making the figure ready covers everything: later pictures find all their kernels compiled."""

from __future__ import annotations

import json
import subprocess
import sys

# In a process of its own, as the other tests have drawn all kinds of pictures already.
PROGRAM = """
import json
from studio.engine.figure import DrawRequest, control_maps, draw, warm_up
from studio.engine.figure.compiled import KERNELS
from studio.engine.figure.keys import STYLES

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
print(json.dumps([ready, compiled()]))
"""


def test_after_the_warm_up_nothing_is_compiled_any_more() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=280, check=False
    )
    assert ran.returncode == 0, ran.stderr
    ready, later = json.loads(ran.stdout.splitlines()[-1])
    assert sum(ready.values()) > 10
    assert later == ready
