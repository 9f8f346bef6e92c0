"""The colours of a sheet: letters that can be read on its background, and the character's own accent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studio.pictures.colours import Swatch, is_dark, mixed, vividness
from studio.pictures.sheet import Colour, colour_of
from studio.sheets.blocks import Role
from studio.sheets.options import SheetOptions

DARK_INK, LIGHT_INK = "#22222e", "#f6f5fb"
PLAIN_ACCENT = "#7a6ad8"


@dataclass(frozen=True)
class Theme:
    """What each role is drawn in."""

    roles: dict[Role, Colour]
    card: tuple[str, str]  # behind portraits, from top to bottom

    def of(self, role: Role) -> Colour:
        """The colour of a role."""
        return self.roles[role]


def theme_of(options: SheetOptions, swatches: Sequence[Swatch]) -> Theme:
    """Colours that go with the background and with the character."""
    ground = options.background[len(options.background) // 2] if options.background else "#ffffff"
    on_dark = is_dark(ground) if options.background else False
    ink = options.ink or (LIGHT_INK if on_dark else DARK_INK)
    accent = _accent(swatches, on_dark)
    paper = ground if options.background else "#f0eff4"
    roles: dict[Role, Colour] = {
        "ink": colour_of(ink),
        "muted": colour_of(ink, 170),
        "line": colour_of(ink, 120),
        "faint": colour_of(ink, 44),
        "accent": colour_of(accent),
        "panel": (255, 255, 255, 22) if on_dark else (255, 255, 255, 150 if options.background else 255),
    }
    light = mixed(paper, "#ffffff", 0.12 if on_dark else 0.35)
    return Theme(roles, (mixed(light, accent, 0.10), mixed(paper, accent, 0.30)))


def _accent(swatches: Sequence[Swatch], on_dark: bool) -> str:
    """The liveliest of the character's larger colours that can be seen on the background."""
    able = [one for one in swatches if one.share > 0.01 and is_dark(one.hex) != on_dark]
    best = max(able, key=lambda one: vividness(one.hex) * one.share**0.25, default=None)
    return best.hex if best is not None and vividness(best.hex) > 0.04 else PLAIN_ACCENT
