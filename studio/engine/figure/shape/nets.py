"""Surface nets: from distances on a grid to the triangles of the skin."""

from __future__ import annotations

import numpy as np

from ..compiled import kernel


@kernel
def net(grid, active, index, points, faces):
    """Surface nets: one vertex per crossed cell, one quad per crossed edge; returns how many of each."""
    nx, ny, nz = grid.shape
    count = 0
    for bx in range(active.shape[0]):
        for by in range(active.shape[1]):
            for bz in range(active.shape[2]):
                if active[bx, by, bz] == 0:
                    continue
                for x in range(bx * 4, min(bx * 4 + 4, nx - 1)):
                    for y in range(by * 4, min(by * 4 + 4, ny - 1)):
                        for z in range(bz * 4, min(bz * 4 + 4, nz - 1)):
                            inside = 0
                            for c in range(8):
                                if grid[x + (c & 1), y + ((c >> 1) & 1), z + (c >> 2)] < 0:
                                    inside += 1
                            if inside == 0 or inside == 8:
                                continue
                            sx = sy = sz = 0.0
                            cuts = 0
                            for c in range(8):
                                for axis in range(3):
                                    bit = 1 << axis
                                    if c & bit:
                                        continue
                                    o = c | bit
                                    a = grid[x + (c & 1), y + ((c >> 1) & 1), z + (c >> 2)]
                                    b = grid[x + (o & 1), y + ((o >> 1) & 1), z + (o >> 2)]
                                    if (a < 0) == (b < 0):
                                        continue
                                    t = a / (a - b)
                                    sx += (c & 1) + (t if axis == 0 else 0.0)
                                    sy += ((c >> 1) & 1) + (t if axis == 1 else 0.0)
                                    sz += (c >> 2) + (t if axis == 2 else 0.0)
                                    cuts += 1
                            points[count, 0] = x + sx / cuts
                            points[count, 1] = y + sy / cuts
                            points[count, 2] = z + sz / cuts
                            index[x, y, z] = count
                            count += 1
    quads = 0
    for bx in range(active.shape[0]):
        for by in range(active.shape[1]):
            for bz in range(active.shape[2]):
                if active[bx, by, bz] == 0:
                    continue
                for x in range(max(1, bx * 4), min(bx * 4 + 4, nx - 1)):
                    for y in range(max(1, by * 4), min(by * 4 + 4, ny - 1)):
                        for z in range(max(1, bz * 4), min(bz * 4 + 4, nz - 1)):
                            here = grid[x, y, z] < 0
                            for axis in range(3):
                                there = grid[x + (axis == 0), y + (axis == 1), z + (axis == 2)] < 0
                                if here == there:
                                    continue
                                # The four cells around the edge: steps back along the two other axes.
                                px, py, pz = int(axis == 2), int(axis == 0), int(axis == 1)
                                qx, qy, qz = int(axis == 1), int(axis == 2), int(axis == 0)
                                a = index[x - px - qx, y - py - qy, z - pz - qz]
                                b = index[x - qx, y - qy, z - qz]
                                c = index[x, y, z]
                                d = index[x - px, y - py, z - pz]
                                if a < 0 or b < 0 or c < 0 or d < 0:
                                    continue
                                f = quads * 2
                                faces[f, 0] = a
                                faces[f + 1, 0] = a
                                if here:
                                    faces[f, 1], faces[f, 2] = b, c
                                    faces[f + 1, 1], faces[f + 1, 2] = c, d
                                else:
                                    faces[f, 1], faces[f, 2] = c, b
                                    faces[f + 1, 1], faces[f + 1, 2] = d, c
                                quads += 1
    return count, quads * 2


@kernel
def settle(grid, points, normals):
    """Move net vertices onto the skin and take their normals from the slope of the grid."""
    nx, ny, nz = grid.shape
    for i in range(points.shape[0]):
        for turn in range(2):
            x, y, z = points[i, 0], points[i, 1], points[i, 2]
            ix = min(nx - 2, max(0, int(x)))
            iy = min(ny - 2, max(0, int(y)))
            iz = min(nz - 2, max(0, int(z)))
            fx, fy, fz = x - ix, y - iy, z - iz
            v = gx = gy = gz = 0.0
            for c in range(8):
                wx = fx if c & 1 else 1 - fx
                wy = fy if c & 2 else 1 - fy
                wz = fz if c & 4 else 1 - fz
                g = grid[ix + (c & 1), iy + ((c >> 1) & 1), iz + (c >> 2)]
                v += g * wx * wy * wz
                gx += g * wy * wz * (1.0 if c & 1 else -1.0)
                gy += g * wx * wz * (1.0 if c & 2 else -1.0)
                gz += g * wx * wy * (1.0 if c & 4 else -1.0)
            length = gx * gx + gy * gy + gz * gz
            if turn == 0:
                if length > 1e-14:
                    move = v / length
                    points[i, 0] -= max(-0.5, min(0.5, move * gx))
                    points[i, 1] -= max(-0.5, min(0.5, move * gy))
                    points[i, 2] -= max(-0.5, min(0.5, move * gz))
            else:
                scale = 1.0 / max(np.sqrt(length), 1e-9)
                normals[i, 0] = gx * scale
                normals[i, 1] = gy * scale
                normals[i, 2] = gz * scale
