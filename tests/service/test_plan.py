"""The plan of many lookups, against a simulated ECR whose responses arrive in any order."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

import pytest

from ecr_events import AccessDeniedError, CredentialsError, InvalidRequestError, ServiceError, ThrottledError
from ecr_events.service.batching import MAX_NAMES, Key, Outcomes, Plan, Request
from ecr_events.service.error_mapping import NotFoundError, UnresolvedNameError

MISSING, DENIED, INVALID, PRESENT = "missing", "denied", "invalid", "present"
EXPECTED = {DENIED: AccessDeniedError, INVALID: InvalidRequestError}


class Simulation:
    """Groups of two sites, in which each name is present, missing, denied or invalid."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names_bad_ones = self.random.random() < 0.7
        self.may_page = self.random.random() < 0.7
        self.groups: dict[tuple[str, int], dict[str, str]] = {}
        """The names to look up, by group."""
        self.others: dict[tuple[str, int], int] = {}
        """The number of names in each group that are not looked up."""
        self.listings: dict[tuple[str, int], list[str]] = {}
        """The names that pages show, by group, once they were asked for."""
        self.absent: set[str] = set()
        """The names that were absent from a response, once each."""
        self.lifetimes = {site: self.random.choice([3, 30, 1_000_000, 1_000_000]) for site in "ab"}
        """The number of requests until a site throttles all others."""
        self.deleted = self.random.choice([None, None, None, 0])
        """The group that does not exist."""
        for number in range(self.random.randint(1, 4)):
            bad = [kind for kind in (MISSING, DENIED, INVALID) if self.random.random() < 0.5]
            weights = [self.random.choice([0.001, 0.02, 0.3]) for _ in bad]
            kinds = self.random.choices([PRESENT, *bad], [1, *weights], k=self.random.choice([1, 5, 150, 700]))
            group = self.random.choice(["a", "b"]), number
            self.groups[group] = {f"{name}": kind for name, kind in enumerate(kinds)}
            self.others[group] = self.random.choice([0, 100, 20_000])

    def is_permanent(self, name: str) -> bool:
        """Return whether a name is even; odd ones could move."""
        return int(name) % 2 == 0

    def site(self, group: tuple[str, int]) -> tuple[str, str]:
        """Return the site of a group."""
        return group[0], ""

    def describe(self, group: tuple[str, int], names: Sequence[str]) -> dict[str, str]:
        """Return the names, or raise the error of a bad one."""
        self.reach(group)
        assert 0 < len(names) <= MAX_NAMES
        assert len(set(names)) == len(names)
        bad = [name for name in names if self.groups[group][name] != PRESENT]
        if not bad:
            absent = set(names[:1]) - self.absent if self.random.random() < 0.05 else set[str]()
            self.absent |= absent
            return {name: f"resource {name}" for name in names if name not in absent}
        name = self.random.choice(bad)
        error = EXPECTED.get(self.groups[group][name])
        raise UnresolvedNameError(name if self.names_bad_ones else None, error and error(name))

    def page(self, group: tuple[str, int], token: str | None) -> tuple[dict[str, str], str | None]:
        """Return 1,000 names that are present, and are not hidden from a caller that may not list them."""
        self.reach(group)
        if not self.may_page:
            raise AccessDeniedError("no")
        everything = self.listed(group)
        start = int(token or 0)
        page = {name: f"resource {name}" for name in everything[start : start + 1_000]}
        return page, f"{start + 1_000}" if start + 1_000 < len(everything) else None

    def listed(self, group: tuple[str, int]) -> list[str]:
        """Return all names of a group that pages show, in the order of its pages."""
        if group not in self.listings:
            present = [name for name, kind in self.groups[group].items() if kind != MISSING]
            self.listings[group] = [*present, *(f"other {number}" for number in range(self.others[group]))]
            random.Random(group[1]).shuffle(self.listings[group])
        return self.listings[group]

    def reach(self, group: tuple[str, int]) -> None:
        """Count a request, and raise the errors that concern the whole site or group."""
        site, number = group
        self.lifetimes[site] -= 1
        if self.lifetimes[site] < 0:
            raise ThrottledError("slow down")
        if number == self.deleted:
            raise NotFoundError("RepositoryNotFoundException", "")

    def run(self, *, max_in_flight: int = 10) -> Outcomes:
        """Return the outcomes, after the responses arrived in a random order."""
        keys: list[Key] = [(group, name) for group, names in self.groups.items() for name in names]
        plan = Plan(cast(Any, self), keys, max_in_flight=max_in_flight)
        outcomes: Outcomes = {}
        in_flight: list[tuple[Request, float, Any]] = []
        responded: set[str] = set()
        for moment in range(1, 1_000_000):
            if request := plan.take():
                in_flight.append((request, moment, self.send(request)))
                by_site = Counter(request.group.key[0] for request, _, _ in in_flight)
                assert all(count <= (max_in_flight if site in responded else 1) for site, count in by_site.items())
                continue
            if not in_flight:
                break
            request, sent, result = in_flight.pop(self.random.randrange(len(in_flight)))
            if not isinstance(result, (ThrottledError, CredentialsError)):
                responded.add(request.group.key[0])
            requested, piece = plan.finish(request, result, sent, moment)
            assert requested <= sent
            assert not piece.keys() & outcomes.keys()
            outcomes |= piece
        assert outcomes.keys() == set(keys)
        return outcomes

    def send(self, request: Request) -> Any:
        """Return the result of a request, or its error."""
        try:
            if request.names:
                return self.describe(request.group.key, request.names)
            return self.page(request.group.key, request.token)
        except (ServiceError, UnresolvedNameError, NotFoundError) as error:
            return error


@pytest.mark.parametrize("seeds", [range(start, start + 60) for start in range(0, 600, 60)])
def test_each_name_has_its_own_outcome(seeds: range) -> None:
    """Exactly one, whatever the others are, and in whatever order the responses arrive."""
    for seed in seeds:
        simulation = Simulation(seed)
        for (group, name), outcome in simulation.run().items():
            kind = simulation.groups[group][name]
            if isinstance(outcome, ThrottledError):
                assert simulation.lifetimes[group[0]] < 0, seed
            elif group[1] == simulation.deleted:
                assert outcome is None, seed
            elif kind == PRESENT or (kind != MISSING and isinstance(outcome, str)):
                # Pages show what is denied or invalid by name.
                assert outcome == f"resource {name}", seed
            elif kind == MISSING:
                assert outcome is None, seed
            else:
                assert type(outcome) is EXPECTED[kind], seed
