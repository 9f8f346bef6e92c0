"""Parts of the body that not everybody has, by the words that mean them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FeatureWord:
    """One kind of body part: the phrases that mean it, and the colour it takes when nobody says one."""

    kind: str
    words: tuple[str, ...]
    colour: str = "hair"  # "hair", "skin", or a colour name
    variant: str | None = None


def _part(kind: str, words: str, colour: str = "hair", variant: str | None = None) -> FeatureWord:
    return FeatureWord(kind, tuple(phrase.strip() for phrase in words.split(",")), colour, variant)


# Several records may share a kind with different variants.
FEATURES: tuple[FeatureWord, ...] = (
    _part("pointed_ears", "pointed ear, pointy ear, elf ear, elven ear, long ear", "skin"),
    _part("cat_ears", "cat ear, kitty ear, neko ear, animal ear, kemonomimi"),
    _part("fox_ears", "fox ear, kitsune ear"),
    _part("wolf_ears", "wolf ear, dog ear"),
    _part("rabbit_ears", "rabbit ear, bunny ear", "hair"),
    _part("bear_ears", "bear ear, mouse ear"),
    _part("horns", "horn, horned, demon horn, devil horn, curved horn", "bone"),
    _part("horns", "ram horn, sheep horn, curled horn", "bone", "ram"),
    _part("horns", "dragon horn", "bone", "dragon"),
    _part("horns", "oni horn, small horn", "bone", "oni"),
    _part("horns", "unicorn horn, single horn", "ivory", "unicorn"),
    _part("antlers", "antler, deer horn, stag horn", "tan"),
    _part("tail", "tail", "hair"),
    _part("tail", "cat tail, kitty tail, lion tail", "hair", "cat"),
    _part("tail", "fox tail, kitsune tail, bushy tail, fluffy tail, nine tail", "hair", "fox"),
    _part("tail", "wolf tail, dog tail", "hair", "wolf"),
    _part("tail", "bunny tail, rabbit tail, cotton tail", "white", "rabbit"),
    _part("tail", "demon tail, devil tail", "maroon", "demon"),
    _part("tail", "dragon tail, lizard tail, reptile tail", "skin", "dragon"),
    _part("wings", "wing, winged", "white"),
    _part("wings", "angel wing, feathered wing, bird wing, feathery wing, white wing", "white", "feather"),
    _part("wings", "bat wing, demon wing, devil wing, leathery wing", "charcoal", "bat"),
    _part("wings", "dragon wing", "maroon", "dragon"),
    _part("wings", "fairy wing, butterfly wing, insect wing, dragonfly wing, pixie wing", "aqua", "fairy"),
    _part("wings", "mechanical wing, metal wing, steel wing, robot wing", "steel", "mechanical"),
    _part("tusks", "tusk, tusked", "ivory"),
    _part("fangs", "fang, fanged, sharp teeth, vampire teeth", "white"),
    _part("halo", "halo, glowing halo", "gold"),
    _part("antennae", "antenna, antennae, feelers", "hair"),
    _part("muzzle", "muzzle, snout", "skin"),
    _part("whiskers", "whisker", "white"),
    _part("gills", "gill, fin", "skin"),
    _part("hooves", "hoof, hooves", "charcoal"),
    _part("third_eye", "third eye", "gold"),
    _part("claws", "claw, talon", "bone"),
    _part("spikes", "back spike, spine ridge", "bone"),
    _part(
        "tech_implants",
        (
            "tech implant, cybernetic implant, implant, cybernetics, cybernetic, cyberware, "
            "augmentation, circuit implant, face implant, neural implant, cyber implant, body mods"
        ),
        "cyan",
    ),
    _part("cyber_eye", "cybernetic eye, cyber eye, robotic eye, mechanical eye, bionic eye", "red"),
    _part(
        "cyber_arm",
        (
            "cybernetic arm, cyber arm, robotic arm, robot arm, mechanical arm, prosthetic arm, "
            "bionic arm, metal arm, prosthetic"
        ),
        "steel",
    ),
    _part("cyber_leg", "peg leg, wooden leg", "brown", "wood"),
    _part("cyber_leg", "cybernetic leg, prosthetic leg, mechanical leg, metal leg", "steel"),
)
