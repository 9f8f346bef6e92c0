"""Plain values as nodes, so that one value can feed several inputs."""

from __future__ import annotations

from studio.engine.nodes.define import decimal, node, switch, text, whole

LARGEST = 2**63 - 1
MODULE = "comfy_extras.nodes_primitive"


@node(
    "PrimitiveInt",
    required={"value": whole(None, -LARGEST, LARGEST, control_after_generate=True)},
    outputs=("INT",),
    category="utils/primitive",
    display_name="Int",
    module=MODULE,
    schema_style=True,
)
def primitive_int(value: int) -> tuple[int]:
    """Give a whole number."""
    return (value,)


@node(
    "PrimitiveFloat",
    required={"value": decimal(None, -LARGEST, LARGEST)},
    outputs=("FLOAT",),
    category="utils/primitive",
    display_name="Float",
    module=MODULE,
    schema_style=True,
)
def primitive_float(value: float) -> tuple[float]:
    """Give a decimal number."""
    return (value,)


@node(
    "PrimitiveBoolean",
    required={"value": switch()},
    outputs=("BOOLEAN",),
    category="utils/primitive",
    display_name="Boolean",
    module=MODULE,
    schema_style=True,
)
def primitive_boolean(value: bool) -> tuple[bool]:
    """Give a yes or no."""
    return (value,)


@node(
    "PrimitiveString",
    required={"value": text(multiline=False)},
    outputs=("STRING",),
    category="utils/primitive",
    display_name="String",
    module=MODULE,
    schema_style=True,
)
@node(
    "PrimitiveStringMultiline",
    required={"value": text(multiline=True)},
    outputs=("STRING",),
    category="utils/primitive",
    display_name="String (Multiline)",
    module=MODULE,
    schema_style=True,
)
def primitive_string(value: str) -> tuple[str]:
    """Give a text."""
    return (value,)
