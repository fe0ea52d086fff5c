"""Keras, imported when it is first used: settings are read where no network is needed."""

from typing import Any


class _Keras:
    """Stands for ``keras``, as deepexpr.model.backend sets it up, or for a module within it."""

    def __init__(self, *path: str) -> None:
        self._path = path

    def __getattr__(self, name: str) -> Any:
        from deepexpr.model.backend import keras

        found: Any = keras
        for part in (*self._path, name):
            found = getattr(found, part)
        return found


keras: Any = _Keras()
layers: Any = _Keras("layers")
