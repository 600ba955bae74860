"""Texts of rows, kept as a dictionary of distinct ones with a code per row until they are asked for.

A million rows of a plant hold a few dozen lines, products and reasons: what needs only equal or not
equal, or hands them on, never makes a million strings of them.
"""

from collections.abc import Iterator, MutableMapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


class Texts(MutableMapping[str, pa.Array]):
    """Texts by field, one per row, null where missing; ``coded`` gives them as a dictionary."""

    def __init__(self) -> None:
        self._plain: dict[str, pa.Array] = {}
        self._coded: dict[str, pa.DictionaryArray] = {}
        self._names: dict[str, None] = {}

    def __getitem__(self, name: str) -> pa.Array:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._plain:
            self._plain[name] = self._coded[name].dictionary_decode()
        return self._plain[name]

    def __setitem__(self, name: str, texts: pa.Array | pa.ChunkedArray) -> None:
        self._names[name] = None
        self._plain.pop(name, None)
        self._coded.pop(name, None)
        if pa.types.is_dictionary(texts.type):
            self._coded[name] = coded(texts)
        else:
            self._plain[name] = texts

    def __delitem__(self, name: str) -> None:
        del self._names[name]
        self._plain.pop(name, None)
        self._coded.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names  # without making strings of them

    def coded(self, name: str) -> pa.DictionaryArray:
        """The texts of a field as a dictionary of distinct ones."""
        if name not in self._coded:
            self._coded[name] = coded(self[name])
        return self._coded[name]


def coded(texts: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    """Texts as one dictionary of distinct ones with a code per row; null where missing."""
    encoded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    if not isinstance(encoded, pa.ChunkedArray):
        return encoded
    if encoded.num_chunks == 0:
        return pa.array([], encoded.type.value_type).dictionary_encode()
    return encoded.unify_dictionaries().combine_chunks()


def codes_of(texts: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """A number per text, -1 where it is missing."""
    indices = coded(texts).indices
    if indices.null_count:
        indices = pc.fill_null(indices, -1)
    return np.asarray(indices.to_numpy(), np.int64)
