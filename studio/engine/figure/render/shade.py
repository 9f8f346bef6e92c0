"""The cel shader: one fused pass from surface to colour, per tile."""

from __future__ import annotations

import numpy as np

from ..compiled import kernel

# Kept in step with palette.py by a test; numba wants plain module constants.
CLOTH, SKIN, HAIR, METAL, LEATHER, GEM, GLOW, FACE, SATIN, FUR = range(10)
_SHADOW_TAPS = 9


@kernel
def _step(low, high, x):
    t = (x - low) / (high - low)
    t = min(1.0, max(0.0, t))
    return t * t * (3.0 - 2.0 * t)


@kernel
def _hash(x, y):
    n = (int(x) * 374761393 + int(y) * 668265263) & 0xFFFFFFFF
    n = ((n ^ (n >> 13)) * 1274126177) & 0xFFFFFFFF
    return ((n ^ (n >> 16)) & 0xFFFF) / 65535.0


@kernel
def _noise(x, y):
    ix, iy = np.floor(x), np.floor(y)
    fx, fy = x - ix, y - iy
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
    a, b = _hash(ix, iy), _hash(ix + 1, iy)
    c, d = _hash(ix, iy + 1), _hash(ix + 1, iy + 1)
    return (a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy


@kernel
def _pattern(kind, u, v, size):
    """How much of the second colour shows at a place of the cloth (metres across, metres along)."""
    s = 1.0 / (0.05 * size)
    x, y = u * s, v * s
    if kind == 1:
        return 1.0 if (y - np.floor(y)) < 0.42 else 0.0
    if kind == 2:
        a = 0.55 if (x - np.floor(x)) < 0.4 else 0.0
        b = 0.55 if (y - np.floor(y)) < 0.4 else 0.0
        fine = (
            0.35 if abs((x * 1.0 - np.floor(x)) - 0.7) < 0.04 or abs((y - np.floor(y)) - 0.7) < 0.04 else 0.0
        )
        return min(1.0, a + b + fine)
    if kind == 7:
        return float((int(np.floor(x)) + int(np.floor(y))) & 1)
    if kind == 3 or kind == 6 or kind == 8 or kind == 4:
        row = np.floor(y)
        shift = 0.5 if int(row) & 1 else 0.0
        cx, cy = x + shift - np.floor(x + shift) - 0.5, y - row - 0.5
        r = np.sqrt(cx * cx + cy * cy)
        if kind == 3:
            return 1.0 if r < 0.27 else 0.0
        angle = np.arctan2(cx, cy)
        if kind == 6:
            wave = np.cos(angle * 5.0)
            return 1.0 if r < 0.17 + 0.13 * wave * abs(wave) + 0.03 else 0.0
        if kind == 8:
            hx, hy = cx * 3.2, cy * 3.2 + 0.25
            q = hx * hx + hy * hy - 0.55
            return 1.0 if q * q * q - hx * hx * hy * hy * hy < 0 else 0.0
        petals = 0.20 + 0.11 * np.cos(angle * 5.0)
        if r < 0.07:
            return 0.35
        return 1.0 if r < petals else 0.0
    if kind == 5:
        n = _noise(x * 0.9, y * 0.9) * 0.7 + _noise(x * 2.1 + 9, y * 2.1) * 0.3
        return 1.0 if n > 0.56 else (0.5 if n > 0.46 else 0.0)
    if kind == 9 or kind == 12:
        cx, cy = x - np.floor(x), y - np.floor(y)
        h = _hash(np.floor(x), np.floor(y))
        on = 0.0
        if abs(cx - 0.3) < 0.06 and cy > 0.12 and cy < 0.88:
            on = 1.0
        if (
            h > 0.35
            and abs(cy - 0.3 - 0.4 * h - (cx - 0.3) * (0.0 if kind == 12 else 0.8)) < 0.07
            and cx > 0.3
            and cx < 0.8
        ):
            on = 1.0
        if h < 0.6 and abs(cy - 0.8) < 0.06 and cx > 0.3 and cx < 0.75:
            on = 1.0
        return on
    if kind == 10:
        n = _noise(x * 1.9, y * 1.9)
        return 1.0 if 0.60 < n < 0.74 else 0.0
    if kind == 11:
        n = _noise(x * 0.9, y * 0.9)
        w = np.sin(y * 4.2 + n * 5.0 + np.sin(x * 2.0))
        return 1.0 if w > 0.62 else 0.0
    if kind == 13:
        q = np.sin(x * 6.28) * np.sin(y * 6.28)
        return 1.0 if 0.34 < abs(q) < 0.52 else 0.0
    if kind == 14:
        n = _noise(x * 0.5, y * 0.5) * 0.6 + _noise(x * 1.3, y * 1.3) * 0.4
        star = _hash(np.floor(x * 6), np.floor(y * 6))
        return 1.0 if star > 0.985 else _step(0.35, 0.75, n) * 0.8
    return 0.0


@kernel
def _decal(texture, u, v, out):
    """Bilinear sample, premultiplied; u, v in texels."""
    height, width = texture.shape[0], texture.shape[1]
    x, y = u - 0.5, v - 0.5
    ix, iy = int(np.floor(x)), int(np.floor(y))
    if ix < 0 or iy < 0 or ix >= width - 1 or iy >= height - 1:
        out[0] = out[1] = out[2] = out[3] = 0.0
        return
    fx, fy = x - ix, y - iy
    for c in range(4):
        top = texture[iy, ix, c] * (1 - fx) + texture[iy, ix + 1, c] * fx
        low = texture[iy + 1, ix, c] * (1 - fx) + texture[iy + 1, ix + 1, c] * fx
        out[c] = top * (1 - fy) + low * fy


@kernel
def _lit_by(place, light_frame, centre, shadow, shadow_scale, bias):
    """Share of the light that reaches a place."""
    x, y, z = place[0] - centre[0], place[1] - centre[1], place[2] - centre[2]
    size = shadow.shape[0]
    u = size * 0.5 + (light_frame[0, 0] * x + light_frame[0, 1] * y + light_frame[0, 2] * z) * shadow_scale
    v = size * 0.5 - (light_frame[1, 0] * x + light_frame[1, 1] * y + light_frame[1, 2] * z) * shadow_scale
    far = -(light_frame[2, 0] * x + light_frame[2, 1] * y + light_frame[2, 2] * z) - bias
    blocked = 0.0
    for k in range(9):
        iu, iv = int(u + (k % 3 - 1) * 1.4), int(v + (k // 3 - 1) * 1.4)
        if 0 <= iu < size and 0 <= iv < size and far > shadow[iv, iu]:
            blocked += 1.0 / 9.0
    return 1.0 - _step(0.30, 0.70, blocked)


@kernel
def shade_cel(
    face_at, weights, depth, faces, part_of, view_normals, points, rest, surface, table,
    light, light_frame, centre, shadow, shadow_scale, head_centre, decal, decal_box, foot, height,
    pixel, reach, colour, tone, segment, normal,
):  # fmt: skip
    """Colour, light share, part and normal of every pixel of a tile."""
    rows, columns = face_at.shape
    place = np.empty(3)
    sample = np.empty(4)
    for y in range(rows):
        for x in range(columns):
            f = face_at[y, x]
            if f < 0:
                segment[y, x] = -1
                continue
            part = part_of[f]
            segment[y, x] = part
            a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
            wa, wb = weights[y, x, 0], weights[y, x, 1]
            wc = 1.0 - wa - wb
            nx = wa * view_normals[a, 0] + wb * view_normals[b, 0] + wc * view_normals[c, 0]
            ny = wa * view_normals[a, 1] + wb * view_normals[b, 1] + wc * view_normals[c, 1]
            nz = wa * view_normals[a, 2] + wb * view_normals[b, 2] + wc * view_normals[c, 2]
            scale = 1.0 / max(np.sqrt(nx * nx + ny * ny + nz * nz), 1e-9)
            nx, ny, nz = nx * scale, ny * scale, nz * scale
            kind = int(table[part, 0])
            inside = False
            if nz < -0.05 and kind != FACE and kind != HAIR:
                nx, ny, nz = -nx, -ny, -nz
                inside = True
            normal[y, x, 0], normal[y, x, 1], normal[y, x, 2] = nx, ny, nz
            for k in range(3):
                place[k] = wa * points[a, k] + wb * points[b, k] + wc * points[c, k]
            u = wa * surface[a, 0] + wb * surface[b, 0] + wc * surface[c, 0]
            v = wa * surface[a, 1] + wb * surface[b, 1] + wc * surface[c, 1]
            hem = wa * surface[a, 2] + wb * surface[b, 2] + wc * surface[c, 2]

            facing = nx * light[0] + ny * light[1] + nz * light[2]
            if kind == FACE:
                flat = ny * 0.35
                size = np.sqrt(nx * nx + flat * flat + nz * nz)
                facing = (nx * light[0] + flat * light[1] + nz * light[2]) / size + 0.14
            elif kind == SKIN:
                facing += 0.05
            share = _step(0.0, 0.075, facing)
            if share > 0.0:
                bias = (0.050 if kind == HAIR else 0.010) + 0.030 * (1.0 - min(1.0, facing * 1.6))
                share *= _lit_by(place, light_frame, centre, shadow, shadow_scale, bias)
            if inside:
                share *= 0.15
            if kind != FACE and share > 0.0:
                # A cel painter darkens what lies just behind something nearer.
                nearer = 0.0
                for k in range(8):
                    oy = y + ((k % 3) - 1 if k != 4 else 1) * reach
                    ox = x + ((k // 3) - 1 if k != 4 else 1) * reach
                    if 0 <= oy < rows and 0 <= ox < columns:
                        other = face_at[oy, ox]
                        step = depth[y, x] - depth[oy, ox]
                        if 0.006 < step < 0.16 and other >= 0 and part_of[other] != part:
                            nearer += 0.125
                share *= 1.0 - 0.9 * _step(0.22, 0.42, nearer) * (0.7 if kind == HAIR else 1.0)

            r0, g0, b0 = table[part, 1], table[part, 2], table[part, 3]
            r1, g1, b1 = table[part, 4], table[part, 5], table[part, 6]
            tip = _step(table[part, 20], table[part, 21], u)
            if tip > 0.0:
                k0 = table[part, 17] / max(r0, 0.02)
                k1 = table[part, 18] / max(g0, 0.02)
                k2 = table[part, 19] / max(b0, 0.02)
                r0 += (table[part, 17] - r0) * tip
                g0 += (table[part, 18] - g0) * tip
                b0 += (table[part, 19] - b0) * tip
                r1 += (min(1.0, r1 * k0) - r1) * tip
                g1 += (min(1.0, g1 * k1) - g1) * tip
                b1 += (min(1.0, b1 * k2) - b1) * tip
            pattern = int(table[part, 11])
            swap = 0.0
            if pattern == 15:
                swap = _step(0.15, 1.0, u / max(1e-3, table[part, 15]))
            elif pattern > 0:
                swap = _pattern(pattern, v, u, table[part, 15])
            if swap > 0.0:
                dim0, dim1, dim2 = r1 / max(r0, 0.02), g1 / max(g0, 0.02), b1 / max(b0, 0.02)
                r0 += (table[part, 12] - r0) * swap
                g0 += (table[part, 13] - g0) * swap
                b0 += (table[part, 14] - b0) * swap
                r1, g1, b1 = r0 * min(dim0, 0.85), g0 * min(dim1, 0.85), b0 * min(dim2, 0.9)
            band = table[part, 10]
            on_trim = band > 0.0 and hem < band and not inside
            if on_trim:
                r0, g0, b0 = table[part, 7], table[part, 8], table[part, 9]
                r1, g1, b1 = r0 * 0.66, g0 * 0.58, b0 * 0.62
                edge = abs(hem - band)
                if edge < pixel * 1.2:
                    r0, g0, b0 = r0 * 0.45, g0 * 0.4, b0 * 0.45
                    r1, g1, b1 = r0, g0, b0
            weave = int(table[part, 23])
            if weave > 0 and pixel < 0.0028:
                dark = 1.0
                if weave == 1:
                    dark = 1.0 - 0.035 * _step(0.2, 0.5, abs((v * 62.0 - np.floor(v * 62.0)) - 0.5) * 2 - 0.3)
                elif weave == 2:
                    row = np.floor(u * 95.0)
                    cx = v * 95.0 + (0.5 if int(row) & 1 else 0.0)
                    cx = cx - np.floor(cx) - 0.5
                    cy = u * 95.0 - row - 0.5
                    ring = np.sqrt(cx * cx + cy * cy)
                    dark = 0.62 if ring > 0.40 or ring < 0.14 else 1.06
                elif weave == 3:
                    d = (u + v) * 300.0
                    dark = 0.93 if d - np.floor(d) < 0.4 else 1.0
                elif weave == 4:
                    row = np.floor(u * 42.0)
                    cx = v * 42.0 + (0.5 if int(row) & 1 else 0.0)
                    cx = cx - np.floor(cx) - 0.5
                    cy = u * 42.0 - row
                    dark = 0.80 if cy > 0.86 - 1.6 * cx * cx else 1.0
                elif weave == 5:
                    q = np.sin(u * 210.0) * np.sin(v * 210.0)
                    dark = 0.86 if abs(q) > 0.45 else 1.0
                elif weave == 6:
                    d = v * 30.0 + abs(np.sin(u * 60.0)) * 0.3
                    dark = 0.88 if d - np.floor(d) < 0.18 else 1.0
                r0, g0, b0, r1, g1, b1 = r0 * dark, g0 * dark, b0 * dark, r1 * dark, g1 * dark, b1 * dark

            red, green, blue = r1 + (r0 - r1) * share, g1 + (g0 - g1) * share, b1 + (b0 - b1) * share
            if kind != FACE and kind != GLOW:
                # A third tone between light and shade gives round things their form.
                half = 0.075 * (1.0 - _step(0.36, 0.50, facing)) * share
                red, green, blue = red * (1 - half), green * (1 - half), blue * (1 - half * 0.6)
            slant = ny * 0.8 - nx * 0.5
            if kind == METAL:
                glint = _step(0.26, 0.32, slant) * (1.0 - _step(0.56, 0.62, slant)) * 0.42
                glint = max(glint, _step(0.80, 0.85, slant) * 0.78)
                glint *= 0.25 + 0.75 * share
                core = (1.0 - _step(-0.58, -0.44, slant)) * 0.34
                red, green, blue = red * (1 - core), green * (1 - core), blue * (1 - core)
                red += (min(1.0, r0 * 0.55 + 0.50) - red) * glint
                green += (min(1.0, g0 * 0.55 + 0.52) - green) * glint
                blue += (min(1.0, b0 * 0.55 + 0.56) - blue) * glint
            elif kind == LEATHER:
                glint = _step(0.60, 0.74, slant) * 0.26 * share
                red, green, blue = (
                    red + (1 - red) * glint,
                    green + (1 - green) * glint,
                    blue + (1 - blue) * glint,
                )
            elif kind == SATIN:
                glint = _step(0.36, 0.46, slant) * (1 - _step(0.60, 0.72, slant)) * 0.30 * (0.3 + 0.7 * share)
                red, green, blue = (
                    red + (1 - red) * glint,
                    green + (1 - green) * glint,
                    blue + (1 - blue) * glint,
                )
            elif kind == GEM:
                glint = _step(0.62, 0.70, slant) * 0.85
                low = _step(0.35, 0.75, -slant) * 0.30
                red, green, blue = (
                    red + (1 - red) * glint,
                    green + (1 - green) * glint,
                    blue + (1 - blue) * glint,
                )
                red, green, blue = (
                    red + (r0 - red) * low,
                    green + (g0 - green) * low,
                    blue + (b0 - blue) * low,
                )
            elif kind == GLOW:
                core = _step(0.35, 0.95, nz) * 0.55
                red, green, blue = r0 + (1 - r0) * core, g0 + (1 - g0) * core, b0 + (1 - b0) * core
            elif kind == HAIR:
                hx = wa * rest[a, 0] + wb * rest[b, 0] + wc * rest[c, 0] - head_centre[0]
                hy = wa * rest[a, 1] + wb * rest[b, 1] + wc * rest[c, 1] - head_centre[1]
                hz = wa * rest[a, 2] + wb * rest[b, 2] + wc * rest[c, 2] - head_centre[2]
                around = np.arctan2(hx, hz)
                lift = np.arctan2(hy, np.sqrt(hx * hx + hz * hz))
                jag = np.sin(around * 21.0 + v * 9.0) * 0.045 + np.sin(around * 53.0 + v * 17.0) * 0.035
                centre_line = 0.60 + jag
                glint = 1.0 - _step(0.050, 0.085, abs(lift - centre_line))
                glint *= _step(-0.25, 0.0, facing) * (0.35 + 0.65 * share) * 0.62
                lab = 0.30 + 0.55 * (r0 + g0 + b0) / 3.0
                red += (min(1.0, r0 * 0.85 + lab * 0.60) - red) * glint
                green += (min(1.0, g0 * 0.85 + lab * 0.60) - green) * glint
                blue += (min(1.0, b0 * 0.85 + lab * 0.60 + 0.02) - blue) * glint
                strand = np.sin(v * 43.0 + np.sin(u * 3.0) * 0.6)
                dim = 0.045 * _step(0.70, 0.98, strand)
                red, green, blue = red * (1 - dim), green * (1 - dim), blue * (1 - dim * 0.7)
            elif kind == FUR:
                n = _noise(v * 260.0, u * 90.0)
                dim = 0.13 * _step(0.55, 0.75, n)
                red, green, blue = red * (1 - dim), green * (1 - dim), blue * (1 - dim)

            if kind == FACE:
                fx = wa * rest[a, 0] + wb * rest[b, 0] + wc * rest[c, 0]
                fy = wa * rest[a, 1] + wb * rest[b, 1] + wc * rest[c, 1]
                fz = wa * rest[a, 2] + wb * rest[b, 2] + wc * rest[c, 2]
                if fz > 0.02:
                    across = np.arctan2(fx, fz + 0.06) * 0.405
                    du = (across - decal_box[0]) / (decal_box[1] - decal_box[0]) * decal.shape[1]
                    dv = (decal_box[3] - fy) / (decal_box[3] - decal_box[2]) * decal.shape[0]
                    _decal(decal, du, dv, sample)
                    dim = 0.80 + 0.20 * share
                    keep = 1.0 - sample[3]
                    red = red * keep + sample[0] * dim
                    green = green * keep + sample[1] * (dim - 0.03 * (1 - share))
                    blue = blue * keep + sample[2] * dim
            elif kind != GLOW:
                rim = _step(0.60, 0.74, 1.0 - nz) * _step(0.10, 0.45, nx * 0.8 + ny * 0.35)
                rim *= 0.30 if kind != SKIN else 0.20
                red += (0.93 - red) * rim
                green += (0.96 - green) * rim
                blue += (1.0 - blue) * rim
            # Feet stand a little deeper in the room's shade than faces.
            fall = 0.90 + 0.12 * _step(0.0, 0.75, (place[1] - foot) / height)
            if kind == GLOW:
                fall = 1.0
            colour[y, x, 0] = min(1.0, red * fall)
            colour[y, x, 1] = min(1.0, green * fall)
            colour[y, x, 2] = min(1.0, blue * (0.5 + 0.5 * fall))
            tone[y, x] = share
