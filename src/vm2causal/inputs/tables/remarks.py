"""What a reader did that its user may not expect, to be said in either language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vm2causal.texts import Language, text


@dataclass(frozen=True)
class Remark:
    """One thing worth saying about how a table was read.

    Parameters
    ----------
    code
        Id of the remark: the key of its text in the catalogue, without ``table.``.
    fields
        What the text names: columns, values and numbers of rows.
    """

    code: str
    fields: Mapping[str, str | int] = field(default_factory=dict)

    def in_language(self, language: Language) -> str:
        """The remark as a sentence.

        Parameters
        ----------
        language
            Of the texts: Dutch or English.
        """
        return text(f"table.{self.code}", language, **self.fields)

    def to_dict(self) -> dict[str, object]:
        """The remark as records hold it: its id, its fields and its English sentence."""
        return {
            "code": self.code,
            "fields": dict(self.fields),
            "says": self.in_language(Language.EN),
        }


def listed(items: list[str] | list[int], most: int = 10) -> str:
    """The first few items, and how many more there are.

    Examples
    --------
    >>> listed([1, 2, 3]), listed(list(range(1, 15)), most=3)
    ('1, 2, 3', '1, 2, 3, … (14)')
    """
    shown = ", ".join(map(str, items[:most]))
    return shown if len(items) <= most else f"{shown}, … ({len(items)})"
