"""Quality measures by edition of their standard, as data: names, what is counted, which way is better.

Wording is the project's own; the standards' text is in no file. `source` speaks of four public lists and one
public guideline, numbered only to show which of them agree. None of them replaces the standard.
"""

from measures.catalogue.entries import Direction, Edition, Measure
from measures.catalogue.reading import edition, editions

__all__ = ["Direction", "Edition", "Measure", "edition", "editions"]
