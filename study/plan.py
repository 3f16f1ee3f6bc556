"""What comes before anything is trained: the table is read and split, the study planned, its
searches' rows encoded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from study.config import StudyConfig
from study.config.metrics import metrics_asked
from study.config.unit import check_unit
from study.data.encode import encode_all
from study.data.encoding import Encoded, EncodedData
from study.data.fold_warnings import fold_warnings
from study.data.splits import Split, first_development, make_splits
from study.data.tables import Table, read_table
from study.data.vocabulary import MOST_LEVELS, find_vocabulary, missing_name
from study.evidence.warnings.answers import in_order
from study.schema import Share, StudyData, StudyWarning, Target
from study.search.cost import Size
from study.search.plan import Plan, make_plan, resolve_outer


@dataclass(frozen=True)
class Surveyed:
    """A study of which the table is read, and nothing encoded.

    plan: as terms are not known yet. splits: by target, of those that the run is about. share: of
    the searches, if not all.
    """

    table: Table
    description: StudyData
    plan: Plan
    splits: Mapping[str, tuple[Split, ...]]
    share: Share | None = None

    @property
    def own(self) -> Plan:
        """What the run does."""
        return self.plan if self.share is None else self.plan.share(self.share)

    @cached_property
    def places(self) -> set[tuple[str, int]]:
        """Targets and outer folds that the run is about."""
        plan = self.own
        return {(search.target, search.outer_fold) for search in plan.searches} | {
            (work.target, work.outer_fold) for work in plan.beside
        }

    def bounds(self, target: str) -> tuple[int, int]:
        """`Encoded.bounds` of a target, from all of its outer folds."""
        splits = self.splits[target]
        held = max(len(validation) for split in splits for _, validation in split.inner)
        return max(len(split.development) for split in splits), held

    @property
    def data_bytes(self) -> int:
        """About how much the encoded data take: the matrix, of which a category's levels are not
        known yet, targets, folds.
        """
        terms = sum(
            MOST_LEVELS if feature.type == "category" else 1
            for feature in self.description.features
        )
        bits = sum(2 * len(split.inner) + 6 for _, split in self.own_splits)
        return (
            self.description.rows * (4 * terms + 24 * len(self.splits))
            + self.description.rows * bits // 8
        )

    @property
    def own_splits(self) -> list[tuple[Target, Split]]:
        """Those of its places, by target."""
        return [
            (t, split)
            for t in self.table.targets
            for split in self.splits.get(t.name, ())
            if (t.name, split.outer_fold) in self.places
        ]


@dataclass(frozen=True)
class Prepared:
    """A study before anything is trained. data: by target and outer fold."""

    table: Table
    description: StudyData
    plan: Plan
    data: Mapping[tuple[str, int], Encoded]

    @cached_property
    def warnings(self) -> list[StudyWarning]:
        """Of the table and its folds."""
        return in_order([*self.table.warnings, *fold_warnings(self.data)])


def survey(config: StudyConfig, share: Share | None = None) -> Surveyed:
    """Read the table, infer kinds and split, of a share its own targets.

    Raises
    ------
    StudyError
        Whatever is wrong with table or config, but what only encoding shows.
    """
    table = read_table(config)
    description = table.summary()
    kinds = {target.name: target.kind for target in table.targets}
    check_unit(config.margin, config.margin_of, metrics_asked(config.metric, kinds), kinds)
    config = resolve_outer(config, table_sizes(description))
    plan = make_plan(config, table_sizes(description))
    surveyed = Surveyed(table, description, plan, {}, share)
    own = {name for name, _ in surveyed.places}
    return replace(
        surveyed,
        splits={t.name: make_splits(table, t, config) for t in table.targets if t.name in own},
    )


def prepare(config: StudyConfig, surveyed: Surveyed | None = None) -> Prepared:
    """Read the table, unless it was, infer kinds, split, encode and plan; nothing is written.

    surveyed: if of a share, what its tasks are about alone is encoded; the plan is that of all
    searches.

    Raises
    ------
    StudyError
        Whatever is wrong with table or config.
    """
    surveyed = surveyed or survey(config)
    table = surveyed.table
    data = encode_all(table, surveyed.own_splits)
    if surveyed.share is not None:
        data = {
            key: replace(encoded, bounds=surveyed.bounds(encoded.target))
            for key, encoded in data.items()
        }
    sizes = _first_sizes(surveyed, data)
    plan = make_plan(resolve_outer(config, table_sizes(surveyed.description)), sizes)
    return Prepared(
        table, surveyed.description.model_copy(update={"models": plan.models}), plan, data
    )


def _first_sizes(surveyed: Surveyed, data: EncodedData) -> list[Size]:
    """Size of every target by its first outer fold, whose terms are found also where it is not
    encoded.
    """
    table, config = surveyed.table, surveyed.plan.config
    known: dict[bytes, int] = {}  # targets with the same rows have the same terms
    missing = missing_name(table)
    found = []
    for target in table.targets:
        if (first := data.get((target.name, 0))) is not None:
            rows, terms = first.development, len(first.terms)
        else:
            rows = first_development(table, target, config)
            if (key := rows.tobytes()) not in known:
                known[key] = len(find_vocabulary(table.frame, rows, table.features, missing).terms)
            terms = known[key]
        found.append(Size(target.name, target.kind, len(rows), terms, target.n_outputs))
    return found


def table_sizes(data: StudyData) -> list[Size]:
    """Sizes before anything is encoded."""
    return [
        Size(each.name, each.kind, data.rows - each.missing, len(data.features), each.n_outputs)
        for each in data.targets
    ]
