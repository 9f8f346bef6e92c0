"""Outlines found in depth, parts and normals, drawn while a tile is averaged down to the picture."""

from __future__ import annotations

import numpy as np

from ..compiled import kernel

SKIN, HAIR, FACE = 1, 2, 7


@kernel
def _differs(here, there, z0, z1, n0, n1, kinds, gap, near):
    """0 no line, 1 an inner line, 2 an outline; lines lie on the farther side."""
    if here < 0:
        return 2 if there >= 0 else 0
    if there < 0:
        return 0
    step = z0 - z1
    if step > gap:
        return 2
    dot = n0[0] * n1[0] + n0[1] * n1[1] + n0[2] * n1[2]
    if here != there:
        if kinds[here] == HAIR and kinds[there] == HAIR:
            return 1 if step > near * 4.0 else 0
        if kinds[here] == SKIN and kinds[there] == SKIN:
            return 1 if step > near * 5.0 else 0
        if step > near:
            return 1
        if step > -near and dot < 0.93 and here > there:
            return 1
        return 0
    kind = kinds[here]
    if kind != HAIR and kind != FACE and dot < 0.30 and step > -near:
        return 1
    return 0


@kernel
def resolve(
    colour, tone, segment, normal, depth, kinds, factor, margin, outer, inner, gap, near, ink,
    out, line_out, tone_out, part_out, normal_out, depth_out, first_row,
):  # fmt: skip
    """Find lines on the fine grid and average factor × factor pixels into the picture."""
    rows, columns = segment.shape
    out_rows, out_columns = (rows - 2 * margin) // factor, (columns - 2 * margin) // factor
    dx = np.array([1.0, -1.0, 0.0, 0.0, 0.7, -0.7, 0.7, -0.7])
    dy = np.array([0.0, 0.0, 1.0, -1.0, 0.7, 0.7, -0.7, -0.7])
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
                    for k in range(8):
                        # Heavier below and to the right, away from the light.
                        weight = 1.0 - 0.28 * (dx[k] * 0.55 + dy[k] * 0.83)
                        ty = y + int(np.rint(dy[k] * outer * weight))
                        tx = x + int(np.rint(dx[k] * outer * weight))
                        if ty == y and tx == x:
                            continue
                        kind = _differs(
                            here, segment[ty, tx], depth[y, x], depth[ty, tx], normal[y, x], normal[ty, tx],
                            kinds, gap, near,
                        )  # fmt: skip
                        if kind == 2:
                            found, from_y, from_x = 2, ty, tx
                            break
                    if found == 0 and here >= 0:
                        for k in range(8):
                            ty = y + int(np.rint(dy[k] * inner))
                            tx = x + int(np.rint(dx[k] * inner))
                            if ty == y and tx == x:
                                continue
                            kind = _differs(
                                here, segment[ty, tx], depth[y, x], depth[ty, tx], normal[y, x],
                                normal[ty, tx], kinds, gap, near,
                            )  # fmt: skip
                            if kind > 0:
                                found = 1
                                break
                    if here >= 0:
                        best = here
                    if found > 0:
                        line += share
                        alpha += share
                        if ink > 0.0:
                            cr, cg, cb = (
                                colour[from_y, from_x, 0],
                                colour[from_y, from_x, 1],
                                colour[from_y, from_x, 2],
                            )
                            deep = 0.24 if found == 2 else 0.34
                            r += (cr * deep + 0.02) * share
                            g += (cg * deep * 0.86 + 0.015) * share
                            b += (cb * deep * 1.02 + 0.035) * share
                        elif here >= 0:
                            r += colour[y, x, 0] * share
                            g += colour[y, x, 1] * share
                            b += colour[y, x, 2] * share
                        else:
                            alpha -= share
                    elif here >= 0:
                        alpha += share
                        r += colour[y, x, 0] * share
                        g += colour[y, x, 1] * share
                        b += colour[y, x, 2] * share
                    if here >= 0:
                        lit += tone[y, x] * share
            row = first_row + oy
            out[row, ox, 0], out[row, ox, 1], out[row, ox, 2], out[row, ox, 3] = r, g, b, alpha
            line_out[row, ox] = line
            tone_out[row, ox] = lit
            part_out[row, ox] = best
            my, mx = margin + oy * factor + factor // 2, margin + ox * factor + factor // 2
            depth_out[row, ox] = depth[my, mx]
            for c in range(3):
                normal_out[row, ox, c] = normal[my, mx, c] if segment[my, mx] >= 0 else 0.0
