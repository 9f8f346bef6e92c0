"""Scenes under a roof: rooms, shelves of books, a class, a dungeon, a stage."""

from __future__ import annotations

import numpy as np

from ..filters import blur
from ..shape.curves import smoothstep
from .stage import Stage, between, deeper, scene

Array = np.ndarray


def _shelves(stage: Stage, dark: Array, wall: Array) -> None:
    for sign in (-1, 1):
        cx = sign * stage.half * 0.66
        stage.box(cx - 0.13, cx + 0.13, stage.horizon + 0.20, stage.horizon + 0.62, dark)
        for row in range(4):
            y = stage.horizon + 0.22 + 0.10 * row
            stage.box(cx - 0.12, cx + 0.12, y, y + 0.085, deeper(dark, 0.10))
            x = cx - 0.115
            while x < cx + 0.10:
                w = stage.rng.uniform(0.009, 0.018)
                hue = stage.rng.random(3) * 0.45 + 0.25
                stage.box(x, x + w, y, y + stage.rng.uniform(0.055, 0.08), between(hue, wall, 0.45))
                x += w + 0.002


def _window(stage: Stage, cx: float, half: float, low: float, high: float, frame: Array) -> None:
    sky = np.array([0.80, 0.91, 1.0])
    stage.box(cx - half - 0.012, cx + half + 0.012, low - 0.012, high + 0.012, frame)
    stage.box(cx - half, cx + half, low, high, sky)
    stage.box(cx - half, cx + half, low, low + (high - low) * 0.30, np.array([0.62, 0.78, 0.56]))
    stage.box(cx - 0.005, cx + 0.005, low, high, frame)
    stage.box(cx - half, cx + half, (low + high) / 2 - 0.004, (low + high) / 2 + 0.004, frame)


def _boards(stage: Stage, boards: Array) -> None:
    stage.floor(deeper(boards, 0.06), deeper(boards, 0.14))
    stage.seams(deeper(boards, 0.2), 2.6)


def _soften(stage: Stage) -> None:
    stage.picture[:] = stage.picture * 0.55 + blur(stage.picture, 0.004 * stage.height) * 0.45


def _walls(stage: Stage) -> Array:
    """A lit wall with a skirting board; gives the dark of its wood."""
    stage.run(deeper(stage.top, 0.06), stage.top, 0.1, 1.0)
    dark = deeper(stage.top, 0.20)
    stage.box(-stage.half, stage.half, stage.horizon - 0.004, stage.horizon + 0.022, dark)
    return dark


@scene("library")
def _library(stage: Stage) -> None:
    dark = _walls(stage)
    _shelves(stage, dark, stage.top)
    _window(stage, 0.0, 0.10, stage.horizon + 0.30, stage.horizon + 0.62, dark)
    _boards(stage, stage.bottom)
    _soften(stage)


@scene("room")
def _room(stage: Stage) -> None:
    dark = _walls(stage)
    low, high = stage.horizon + 0.24, stage.horizon + 0.60
    for sign in (-1, 1):
        cx = sign * stage.half * 0.58
        _window(stage, cx, 0.075, low, high, deeper(dark, -0.30))
        cloth = np.array([0.78, 0.42, 0.38])
        for side in (-1, 1):
            edge = cx + side * 0.085
            for k in range(4):
                fold = edge + side * (-0.006 + 0.010 * k)
                stage.box(fold - 0.006, fold + 0.006, low - 0.05, high + 0.03, deeper(cloth, 0.03 * (k % 2)))
        stage.box(cx - 0.14, cx + 0.14, high + 0.028, high + 0.040, deeper(dark, 0.1))
    stage.box(-0.075, 0.075, stage.horizon + 0.52, stage.horizon + 0.64, dark)
    stage.box(-0.065, 0.065, stage.horizon + 0.53, stage.horizon + 0.63, np.array([0.62, 0.74, 0.66]))
    _boards(stage, stage.bottom)
    rug = np.sqrt((stage.x / 0.34) ** 2 + ((stage.y - stage.feet) / 0.075) ** 2)
    stage.mix(smoothstep(1.02, 0.98, rug), np.array([0.62, 0.30, 0.32]), 0.75)
    stage.mix(smoothstep(0.03, 0.0, np.abs(rug - 0.82)), np.array([0.92, 0.80, 0.58]), 0.7)
    _soften(stage)


@scene("school")
def _school(stage: Stage) -> None:
    dark = _walls(stage)
    board, low = np.array([0.20, 0.36, 0.30]), stage.horizon + 0.26
    wood = np.array([0.66, 0.48, 0.30])
    stage.box(-0.36, 0.36, low - 0.014, low + 0.314, wood)
    stage.box(-0.345, 0.345, low, low + 0.30, board)
    for k in range(4):
        y, start = low + 0.245 - 0.05 * k, -0.31
        while start < -0.10 + 0.03 * (k % 2):
            w = stage.rng.uniform(0.015, 0.05)
            stage.box(start, start + w, y, y + 0.006, np.array([0.90, 0.94, 0.90]), 0.7)
            start += w + 0.012
    stage.box(-0.20, 0.20, low - 0.030, low - 0.014, deeper(wood, 0.1))
    for sign in (-1, 1):
        _window(stage, sign * max(0.44, stage.half * 0.92), 0.07, low, low + 0.34, deeper(dark, -0.25))
    _boards(stage, stage.bottom)
    _soften(stage)


@scene("dungeon")
def _dungeon(stage: Stage) -> None:
    stone = between(stage.top, np.array([0.38, 0.38, 0.44]), 0.6)
    stage.run(deeper(stone, 0.10), deeper(stone, 0.04), 0.1, 1.0)
    row_of = np.floor(stage.y / 0.062)
    across = stage.x / 0.125 + 0.5 * (row_of % 2)
    joint = np.maximum(
        smoothstep(0.44, 0.49, np.abs(stage.y / 0.062 - row_of - 0.5)),
        smoothstep(0.46, 0.49, np.abs(across - np.floor(across) - 0.5)),
    )
    tint = np.sin(row_of * 12.9 + np.floor(across) * 78.2) * 0.5 + 0.5
    stage.mix(tint, deeper(stone, 0.10), 0.6)
    stage.mix(joint, deeper(stone, 0.22), 0.9)
    hole = np.sqrt((stage.x / 0.20) ** 2 + (np.maximum(0, stage.y - stage.horizon - 0.34) / 0.20) ** 2)
    stage.mix(smoothstep(1.16, 1.13, hole) * (stage.y > stage.horizon), deeper(stone, -0.03))
    stage.mix(smoothstep(1.0, 0.97, hole) * (stage.y > stage.horizon), deeper(stone, 0.26))
    stage.floor(deeper(stone, 0.10), deeper(stone, 0.20))
    stage.seams(deeper(stone, 0.26), 2.0, 0.7)
    for sign in (-1, 1):
        x, y = sign * max(0.23, stage.half * 0.72), stage.horizon + 0.40
        stage.box(x - 0.008, x + 0.008, y - 0.10, y, np.array([0.36, 0.24, 0.16]))
        far = np.sqrt((stage.x - x) ** 2 + (stage.y - y - 0.03) ** 2)
        stage.mix(np.exp(-((far / 0.22) ** 2)), np.array([1.0, 0.58, 0.22]), 0.45)
        flame = np.sqrt(((stage.x - x) / 0.018) ** 2 + ((stage.y - y - 0.028) / 0.042) ** 2)
        stage.mix(smoothstep(1.0, 0.8, flame), np.array([1.0, 0.62, 0.18]))
        stage.mix(smoothstep(0.62, 0.4, flame), np.array([1.0, 0.93, 0.62]))


@scene("stage")
def _theatre(stage: Stage) -> None:
    stage.run(deeper(stage.bottom, 0.02), stage.top, 0.1, 1.0)
    for k, cx in enumerate((-0.75, -0.30, 0.30, 0.75)):
        x0 = cx * stage.half
        down = 1.02 - stage.y
        reach = np.abs(stage.x - x0 + cx * 0.55 * stage.half * down) / (0.02 + 0.16 * down)
        tint = (np.array([0.98, 0.60, 0.90]), np.array([0.60, 0.85, 1.0]))[k % 2]
        stage.mix(smoothstep(1.0, 0.4, reach) * (1 - 0.55 * down), tint, 0.42)
    boards = between(stage.bottom, np.array([0.36, 0.22, 0.20]), 0.6)
    _boards(stage, boards)
    pool = np.sqrt((stage.x / 0.34) ** 2 + ((stage.y - stage.feet) / 0.085) ** 2)
    stage.mix(smoothstep(1.0, 0.55, pool), np.array([1.0, 0.92, 0.95]), 0.50)
    velvet = between(stage.top, np.array([0.66, 0.10, 0.20]), 0.8)
    for sign in (-1, 1):
        edge = sign * (stage.half - 0.085)
        drape = (stage.x * sign > sign * edge + 0.018 * np.sin(stage.y * 9)) & (
            stage.y > stage.horizon - 0.05
        )
        folds = 0.5 + 0.5 * np.sin(stage.x * 170)
        stage.mix(drape.astype(np.float32), velvet)
        stage.mix(drape * folds, deeper(velvet, 0.16), 0.7)
    swag = 0.90 + 0.030 * np.cos(stage.x * 22)
    stage.mix(smoothstep(-0.002, 0.002, stage.y - swag), deeper(velvet, 0.05))
    stage.mix(smoothstep(0.006, 0.002, np.abs(stage.y - swag)), np.array([0.92, 0.76, 0.36]))
