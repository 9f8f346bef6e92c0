"""Results in a bucket: copied there after they are made, brought back when the copy here is gone."""

from studio.mirror.copying import Mirror, open_mirror

__all__ = ["Mirror", "open_mirror"]
