"""The same character under other words: who it is comes from a text of its own, the rest from them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from studio.engine.figure.spec import Face, Spec
from studio.engine.figure.words.parse import Parsed, parse
from studio.engine.figure.words.reference import ReferenceColours

# Marks that a mood or a moment brings; the others are the character's for good.
OF_THE_MOMENT = frozenset({"blush", "bandage", "eye_shadow", "face_paint"})


@dataclass(frozen=True)
class Identity:
    """Who a character is, whatever a picture shows of it: words, and the seed for what they leave open."""

    words: str
    seed: int


def parse_kept(
    words: str,
    identity: Identity,
    negative: str = "",
    seed: int = 0,
    reference: ReferenceColours | None = None,
    *,
    style: str | None = None,
    realism: bool = False,
) -> Parsed:
    """Reads a picture's words for a character that is known: face, hair, skin, body and age are its own.

    Clothes, things and pose are those of the words; where they leave something open, the character's own
    seed decides, so that it does not change from picture to picture. Mood and backdrop go by the picture's.
    """
    shown = parse(words, negative, identity.seed, reference, style=style, realism=realism)
    free = parse(words, negative, seed, reference, style=style, realism=realism).spec
    own = parse(identity.words, "", identity.seed, reference, style=shown.spec.style).spec
    spec = replace(
        shown.spec,
        build=own.build,
        skin=own.skin,
        face=_face(own, shown.spec, free),
        eyes=own.eyes,
        hair=own.hair,
        species=own.species,
        features=own.features,
        background=free.background,
    )
    return Parsed(spec, shown.not_drawn, shown.notes)


def _face(own: Spec, shown: Spec, free: Spec) -> Face:
    passing = [mark for mark in shown.face.marks if mark in OF_THE_MOMENT and mark not in own.face.marks]
    return replace(
        own.face,
        expression=free.face.expression,
        marks=(*own.face.marks, *passing),
        lips=shown.face.lips or own.face.lips,
    )
