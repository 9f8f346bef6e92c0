"""Outlines found in depth, parts and normals, drawn while a tile is averaged down to the picture."""

from __future__ import annotations

import numpy as np

from ..compiled import kernel

SKIN, HAIR, FACE = 1, 2, 7


@kernel
def _inner(here, there, step, dot, kinds, near):
    """Whether two neighbouring places of the figure part in a thin line."""
    if here != there:
        a, b = kinds[here], kinds[there]
        if a == HAIR and b == HAIR:
            return step > near * 4.0
        if a == SKIN and b == SKIN:
            return step > near * 5.0
        if step > near:
            return True
        return step > -near and dot < 0.93 and here > there
    kind = kinds[here]
    return kind != HAIR and kind != FACE and dot < 0.30 and step > -near


@kernel
def resolve(
    colour, tone, segment, normal, depth, kinds, factor, margin, outer, inner, gap, near, ink,
    out, line_out, tone_out, part_out, normal_out, depth_out, first_row, first_column,
):  # fmt: skip
    """Find lines on the fine grid and average factor × factor pixels into the picture."""
    rows, columns = segment.shape
    out_rows, out_columns = (rows - 2 * margin) // factor, (columns - 2 * margin) // factor
    dx = np.array([1.0, -1.0, 0.0, 0.0, 0.7, -0.7, 0.7, -0.7])
    dy = np.array([0.0, 0.0, 1.0, -1.0, 0.7, 0.7, -0.7, -0.7])
    far_y, far_x = np.empty(8, np.int64), np.empty(8, np.int64)
    near_y, near_x = np.empty(8, np.int64), np.empty(8, np.int64)
    for k in range(8):
        # Heavier below and to the right, away from the light.
        weight = 1.0 - 0.28 * (dx[k] * 0.55 + dy[k] * 0.83)
        far_y[k], far_x[k] = int(np.rint(dy[k] * outer * weight)), int(np.rint(dx[k] * outer * weight))
        near_y[k], near_x[k] = int(np.rint(dy[k] * inner)), int(np.rint(dx[k] * inner))
    share = 1.0 / (factor * factor)
    for oy in range(out_rows):
        for ox in range(out_columns):
            r = g = b = alpha = line = lit = 0.0
            best = -1
            for sy in range(factor):
                for sx in range(factor):
                    y, x = margin + oy * factor + sy, margin + ox * factor + sx
                    here = segment[y, x]
                    found, from_y, from_x = 0, y, x
                    if here < 0:
                        for k in range(8):
                            if segment[y + far_y[k], x + far_x[k]] >= 0:
                                found, from_y, from_x = 2, y + far_y[k], x + far_x[k]
                                break
                        if found == 0:
                            continue
                    else:
                        best = here
                        lit += tone[y, x] * share
                        z = depth[y, x]
                        for k in range(8):
                            ty, tx = y + far_y[k], x + far_x[k]
                            if segment[ty, tx] >= 0 and z - depth[ty, tx] > gap:
                                found, from_y, from_x = 2, ty, tx
                                break
                        if found == 0:
                            nx, ny, nz = normal[y, x, 0], normal[y, x, 1], normal[y, x, 2]
                            for k in range(8):
                                ty, tx = y + near_y[k], x + near_x[k]
                                there = segment[ty, tx]
                                if there < 0 or (ty == y and tx == x):
                                    continue
                                dot = nx * normal[ty, tx, 0] + ny * normal[ty, tx, 1] + nz * normal[ty, tx, 2]
                                if _inner(here, there, z - depth[ty, tx], dot, kinds, near):
                                    found = 1
                                    break
                    if found > 0:
                        line += share
                        if ink > 0.0:
                            deep = 0.24 if found == 2 else 0.34
                            alpha += share
                            r += (colour[from_y, from_x, 0] * deep + 0.02) * share
                            g += (colour[from_y, from_x, 1] * deep * 0.86 + 0.015) * share
                            b += (colour[from_y, from_x, 2] * deep * 1.02 + 0.035) * share
                            continue
                    if here >= 0:
                        alpha += share
                        r += colour[y, x, 0] * share
                        g += colour[y, x, 1] * share
                        b += colour[y, x, 2] * share
            row, column = first_row + oy, first_column + ox
            out[row, column, 0], out[row, column, 1], out[row, column, 2], out[row, column, 3] = (
                r,
                g,
                b,
                alpha,
            )
            line_out[row, column] = line
            tone_out[row, column] = lit
            part_out[row, column] = best
            my, mx = margin + oy * factor + factor // 2, margin + ox * factor + factor // 2
            depth_out[row, column] = depth[my, mx]
            if segment[my, mx] >= 0:
                for c in range(3):
                    normal_out[row, column, c] = normal[my, mx, c]
